package peers

import (
	"encoding/json"
	"errors"

	"github.com/dop251/goja"
)

type gojaEngine struct{}

func (gojaEngine) run(source string, params map[string]string) ([]byte, error) {
	vm := goja.New()
	if err := vm.Set("call", params); err != nil {
		return nil, err
	}
	value, err := vm.RunString("(function (call) {\n" + source + "\n})(call)")
	if err != nil {
		return nil, err
	}
	if goja.IsUndefined(value) {
		return nil, errors.New("the function returned nothing")
	}
	return json.Marshal(value.Export())
}
