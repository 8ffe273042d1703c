package peers

import (
	"encoding/json"

	"github.com/robertkrimen/otto"
)

type ottoEngine struct{}

func (ottoEngine) run(source string, params map[string]string) ([]byte, error) {
	vm := otto.New()
	if err := vm.Set("call", params); err != nil {
		return nil, err
	}
	value, err := vm.Run("(function (call) {\n" + source + "\n})(call)")
	if err != nil {
		return nil, err
	}
	exported, err := value.Export()
	if err != nil {
		return nil, err
	}
	return json.Marshal(exported)
}
