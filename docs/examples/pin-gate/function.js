// PIN gate: only who knows a PIN gets through.
//
// The callflow asks for the PIN and collects it, then runs this function. The right PIN leads to its callflow and
// nowhere else; a wrong one goes on below this function, where the callflow may ask once more or hang up.

// PIN: the callflow behind it. Put your own here. PINs are part of the function: whoever may read it knows them.
var doors = {
  '482913': '00000000000000000000000000000021',
  '770155': '00000000000000000000000000000022'
};

var pin = call['Digits[pin]'] || ''; // collected by collect_dtmf under the name pin
if (Object.prototype.hasOwnProperty.call(doors, pin)) {
  return {module: 'callflow', data: {id: doors[pin]}, children: {_: {module: 'hangup', data: {}}}};
}
console.warn('wrong PIN of ' + pin.length + ' digits');
return {module: 'tts', data: {text: 'This PIN is not known.'}};
