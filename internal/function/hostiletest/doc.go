// Package hostiletest is the suite of hostile functions that every place must hold: text fixtures, each a function that
// does harm, what must come of it, and what the next runs, of its own account and of another, must still give.
//
// A fixture is a txtar archive in testdata, named after its number in the list of hostile inputs:
//
//	-- function.js --   the hostile body
//	-- params.json --   optional: its parameters
//	-- then.js --       optional: what runs next; a function that looks for traces when absent
//	-- want.json --     {"outcome": "timeout or memory", "value": …, "message": part of the error's, "then": …,
//	                    "deadline_ms": 3000 when absent, 300 where a timeout is allowed}
//
// What a place cannot hold stands in testdata/known/{place}.txt, with the reason.
package hostiletest
