package controltest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// options are the words after a command:
//
//	play long until 5#          media, and the keys that end it; `any` for all keys
//	play short endless          repeated without end
//	play short 3 times
//	record for 1s until #       at most that long
//	collect 4 within 1s between 500ms until #
//	bridge device:a,device:b+5s for 20s in turn
//	bridge device:a,device:b for 20s failing on reject
type options struct {
	argument             string
	until                []string
	endless              bool
	times                int64
	length               time.Duration
	within, between      time.Duration
	inTurn, failOnReject bool
}

func parseOptions(words []string) (o options, err error) {
	for len(words) > 0 && err == nil {
		word, value := words[0], ""
		if len(words) > 1 {
			value = words[1]
		}
		used := 2
		switch {
		case word == "until":
			o.until = strings.Split(strings.ReplaceAll(value, "any", "1234567890*#"), "")
		case word == "for":
			o.length, err = time.ParseDuration(value)
		case word == "within":
			o.within, err = time.ParseDuration(value)
		case word == "between":
			o.between, err = time.ParseDuration(value)
		case word == "in" && value == "turn":
			o.inTurn = true
		case word == "failing" && len(words) >= 3:
			o.failOnReject, used = true, 3
		case word == "endless":
			o.endless, used = true, 1
		case value == "times":
			o.times, err = strconv.ParseInt(word, 10, 64)
		case o.argument == "":
			o.argument, used = word, 1
		default:
			err = fmt.Errorf("unknown word %s", word)
		}
		words = words[min(used, len(words)):]
	}
	return o, err
}
