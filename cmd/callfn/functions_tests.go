package main

import "context"

type functionsTest struct {
	testFlags
	functionArg
	File string `placeholder:"FILE"`
}

// Run runs the function's saved test cases.
func (c functionsTest) Run(ctx context.Context, env environment, on *functionsCommand) error {
	var candidate map[string]any
	if c.File != "" {
		source, err := readText(env, c.File)
		if err != nil {
			return err
		}
		candidate = map[string]any{"function_js": source}
	}
	return on.runTests(ctx, env, aFunction, c.ID, c.Case, candidate)
}

type functionsExportTests struct{ exportTests }

// Run writes the test cases to files.
func (c functionsExportTests) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.exportTests(ctx, env, aFunction, c.exportTests)
}

type functionsImportTests struct{ importTests }

// Run stores the test cases from files.
func (c functionsImportTests) Run(ctx context.Context, env environment, on *functionsCommand) error {
	return on.importTests(ctx, env, aFunction, c.importTests)
}
