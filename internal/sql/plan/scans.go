package plan

// CountScans returns how many scans of tables a plan has, in its subqueries, too. What is computed once and read several times
// counts once.
func CountScans(root Node) int {
	seen := map[Node]bool{}
	count := 0
	var walk func(n Node)
	walk = func(n Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if _, ok := n.(*Scan); ok {
			count++
		}
		for _, e := range Exprs(n) {
			Walk(e, func(e Expr) bool {
				if sub, ok := e.(*Subquery); ok {
					walk(sub.Input)
				}
				return true
			})
		}
		for _, in := range n.Inputs() {
			walk(in)
		}
	}
	walk(root)
	return count
}
