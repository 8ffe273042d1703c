// Repeat callers: who calls for the third time within an hour reaches a person at once, everybody else goes on with the
// callflow. The calls are counted in key-value storage, which bindings.json declares.

// The user who takes such calls. Put the id of your user here.
var person = '00000000000000000000000000000001';

// How many calls within how many seconds.
var calls = 3, within = 3600;

var caller = call['Caller-ID-Number'];
if (!caller || !/[0-9]/.test(caller)) {
  return {module: 'noop'}; // nobody knows who calls
}
try {
  if (kv.incr('calls:' + caller, 1, {ttl: within}) >= calls) {
    return {module: 'user', data: {id: person}};
  }
} catch (e) {
  log('calls are not counted: ' + e.reason);
}
return {module: 'noop'};
