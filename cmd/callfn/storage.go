package main

type storageCommand struct {
	clientFlags

	Migrations storageMigrations `cmd:"" help:"List the moves of databases, the latest first."`
	Finish     storageFinish     `cmd:"" help:"End a move that has switched: its database is not gone back from any more. Its old place keeps its documents, fenced against writes."`
	Rollback   storageRollback   `cmd:"" help:"Put a database back where it was. What was written since it switched is copied back first."`
}
