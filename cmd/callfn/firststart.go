package main

import (
	"log/slog"

	"callfn/internal/printable"
	"callfn/internal/service"
)

// welcome tells a person at a terminal, once, how to log in. Otherwise the log says which file has the key.
func welcome(env environment, master service.Master, base string, log *slog.Logger) {
	if master.NewKey == "" {
		return
	}
	if !env.stdoutIsTerminal {
		from := "CALLFN_MASTER_API_KEY"
		if master.KeyFile != "" {
			from = master.KeyFile
		}
		log.Info("created the master account", "account", string(master.Account), "api_key_in", from)
		return
	}
	_, _ = printable.Fprintf(env.stdout, `
  The master account is %s.
  Its API key%s is shown this once:

    export CALLFN_API_KEY=%s

  Get a token:

    curl -X PUT %s/v2/api_auth -H 'Content-Type: application/json' -d '{"data":{"api_key":"%s"}}'

`, master.Account, kept(master.KeyFile), master.NewKey, base, master.NewKey)
}

func kept(file string) string {
	if file == "" {
		return ""
	}
	return ", kept in " + file + ","
}
