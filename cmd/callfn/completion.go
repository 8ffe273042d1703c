package main

import (
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"callfn/internal/printable"
)

// completionCommand prints a script that makes a shell complete callfn's command lines.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish"`
}

// Help explains where to put the script.
func (completionCommand) Help() string {
	return `bash: echo 'source <(callfn completion bash)' >> ~/.bashrc

zsh: echo 'source <(callfn completion zsh)' >> ~/.zshrc (after compinit)

fish: callfn completion fish > ~/.config/fish/completions/callfn.fish`
}

// completionScripts ask callfn for the words, and complete file names if it has none.
var completionScripts = map[string]string{
	"bash": `_callfn() {
  local IFS=$'\n'
  COMPREPLY=($(callfn complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default
}
complete -F _callfn callfn
`,
	"zsh": `#compdef callfn
_callfn() {
  local -a found
  found=("${(@f)$(callfn complete --style=zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${found[1]}" ]]; then _describe callfn found; else _files; fi
}
compdef _callfn callfn
`,
	"fish": `function __callfn_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (callfn complete --style=fish -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c callfn -f -a '(__callfn_complete)'
`,
}

// Run prints the script.
func (c completionCommand) Run(env environment) error {
	_, err := io.WriteString(env.exact, completionScripts[c.Shell])
	return err
}

// completeCommand is the command that the scripts run.
type completeCommand struct {
	Style string   `enum:"bash,zsh,fish" default:"bash"`
	Words []string `arg:"" optional:""`
}

// Run prints the possible words, one per line.
func (c completeCommand) Run(env environment, k *kong.Context) error {
	var b strings.Builder
	for _, word := range complete(k.Model.Node, c.Words) {
		about, _, _ := strings.Cut(printable.Text(word.about), ". ")
		switch c.Style {
		case "zsh":
			b.WriteString(strings.ReplaceAll(word.text, ":", `\:`) + ":" + about)
		case "fish":
			b.WriteString(word.text + "\t" + about)
		default:
			b.WriteString(word.text)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(env.stdout, b.String())
	return err
}

// completed is a possible word of a command line, and what it means.
type completed struct{ text, about string }

// complete returns the words that are possible in place of the last one.
func complete(node *kong.Node, words []string) []completed {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	flags := slices.Clone(node.Flags)
	var open *kong.Flag // the flag whose value is next
	for _, word := range words[:len(words)-1] {
		switch {
		case word == "=": // bash splits --flag=value into three words
		case open != nil:
			open = nil
		case strings.HasPrefix(word, "-"):
			name, _, given := strings.Cut(word, "=")
			if flag := flagNamed(flags, name); flag != nil && !given && !flag.IsBool() {
				open = flag
			}
		default:
			if child := find(node, word); child != nil && !child.Hidden {
				node = child
				flags = append(flags, child.Flags...)
			}
		}
	}
	before := ""
	if name, value, given := strings.Cut(last, "="); given && strings.HasPrefix(name, "-") {
		open, before, last = flagNamed(flags, name), name+"=", value
		if open == nil {
			return nil
		}
	}
	if last == "=" {
		last = ""
	}
	var found []completed
	add := func(text, about string) {
		if strings.HasPrefix(text, last) {
			found = append(found, completed{before + text, about})
		}
	}
	switch {
	case open != nil:
		for _, value := range open.EnumSlice() {
			if value != "" {
				add(value, "")
			}
		}
	case strings.HasPrefix(last, "-"):
		for _, flag := range flags {
			if !flag.Hidden {
				add("--"+flag.Name, flag.Help)
			}
		}
	default:
		for _, child := range node.Children {
			if !child.Hidden {
				add(child.Name, child.Help)
			}
		}
		for _, value := range argumentValues(node) {
			add(value, "")
		}
	}
	return found
}

// argumentValues returns the possible values of a command's argument, if they are few.
func argumentValues(node *kong.Node) []string {
	if len(node.Positional) == 0 || node.Positional[0].Enum == "" {
		return nil
	}
	return node.Positional[0].EnumSlice()
}

// flagNamed returns the flag for a word such as --flag or -f.
func flagNamed(flags []*kong.Flag, word string) *kong.Flag {
	for _, flag := range flags {
		if word == "--"+flag.Name || flag.Short != 0 && word == "-"+string(flag.Short) {
			return flag
		}
	}
	return nil
}
