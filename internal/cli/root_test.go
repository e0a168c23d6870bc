package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// The endpoint may stand before or after the source, and nowhere else.
func TestHoistEndpoint(t *testing.T) {
	root := newRoot(newTestbed(t).env)
	for _, c := range []struct{ args, want string }{
		{"ingest http://h:1 devops --seed 3", "ingest --endpoint=http://h:1 devops --seed 3"},
		{"ingest h:1 csv a.csv", "ingest --endpoint=http://h:1 csv a.csv"},
		{"ingest devops http://h:1", "ingest devops http://h:1"},
		{"ingest csv a.csv http://h:1", "ingest csv a.csv http://h:1"},
		{"query http://h:1 SELECT", "query http://h:1 SELECT"},
		{"http://h:1 ingest", "http://h:1 ingest"},
		{"ingest --endpoint http://h:1 iot", "ingest --endpoint http://h:1 iot"},
		{"", ""},
	} {
		if got := strings.Join(hoistEndpoint(root, strings.Fields(c.args)), " "); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.args, got, c.want)
		}
	}
}

func TestEveryCommandHasHelpAndExamples(t *testing.T) {
	root := newRoot(newTestbed(t).env)
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		if c.Short == "" || c != root && c.Example == "" {
			t.Errorf("%s has no short help or no example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	check(root)
}

func TestOtherCommands(t *testing.T) {
	b := newTestbed(t)
	if status, out, messages := b.run(t, "version"); status != 0 || !strings.HasPrefix(out, "tidemark ") || messages != "" || strings.Count(out, "\n") != 1 {
		t.Errorf("version: %d, %q, %q", status, out, messages)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if status, out, _ := b.run(t, "completion", shell); status != 0 || !strings.Contains(out, "tidemark") {
			t.Errorf("completion %s: %d", shell, status)
		}
	}
	b.expect(t, 1, "", "error: unknown command \"serv\" for \"tidemark\"\n", "serv")
	added := &cobra.Command{Use: "serve", RunE: func(cmd *cobra.Command, _ []string) error {
		_, err := cmd.OutOrStdout().Write([]byte("serving\n"))
		return err
	}}
	b.out.Reset()
	if status := Run(t.Context(), b.env, []string{"serve"}, added); status != 0 || b.out.String() != "serving\n" {
		t.Errorf("an added command: %d, %q", status, b.out.String())
	}
}
