package schemas_test

import (
	"fmt"
	"log"
	"strings"

	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

func ExampleSet_Validate() {
	set, err := schemas.Load()
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range []string{
		`{"module":"sleep","data":{"duration":"5"},"children":{"_":{"module":"hangup"}}}`,
		`{"module":"tts","data":{"txt":"hi"},"children":{"_":{"module":"hnagup"}}}`,
	} {
		value, err := jsonvalue.Decode([]byte(result), jsonvalue.Limits{})
		if err != nil {
			log.Fatal(err)
		}
		flow, errs := set.Validate("callflows.action", value)
		if errs != nil {
			fmt.Println(strings.ReplaceAll(errs.Error(), "; ", "\n"))
			fmt.Println(set.Warnings("callflows.action", value)[0].Message)
			continue
		}
		text, err := jsonvalue.Encode(flow)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(text))
	}
	// Output:
	// {"children":{"_":{"data":{},"module":"hangup"}},"data":{"duration":5,"unit":"s"},"module":"sleep"}
	// children._.module: unable to find callflow schema for module `hnagup`: did you mean `hangup`?
	// data.text: Field is required but missing (unknown key `txt`: did you mean `text`?)
	// schema: schema not found
	// unknown key `txt`: did you mean `text`?
}
