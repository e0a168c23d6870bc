// Package databases runs MariaDB, MySQL and PostgreSQL for tests: real servers, each with a new folder, that can be killed and started
// again. Where their programs are not installed, tests skip with the reason. Product code does not import it. Example:
//
//	server := databases.MariaDB(t)
//	db := server.Admin(t)
//	server.Kill(t)
//	server.Start(t)
package databases
