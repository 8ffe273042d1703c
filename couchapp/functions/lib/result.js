// thenable reports whether a function returned what is to be waited for: a Promise, or what is used like one. Nobody
// waits here.
function thenable(result) {
  return (typeof result === 'object' && result !== null || typeof result === 'function') &&
    typeof result.then === 'function';
}
// halves says where a result holds half of a character, which no text outside of JavaScript can: a surrogate without
// its pair. '' as a rule. JSON has such a half as an escape, which nothing else in a flow has.
function halves(text) {
  var at;
  if (typeof text !== 'string' || kept.find(text, '\\ud') < 0) { return ''; }
  at = halfIn(kept.parse(text), 'flow');
  return at && at + ' holds half of a character: a text was cut within an emoji or another character of two halves';
}
function halfIn(value, path) {
  var i, names, at;
  if (typeof value === 'string') { return isHalved(value) ? path : ''; }
  if (value === null || typeof value !== 'object') { return ''; }
  names = kept.keys(value);
  for (i = 0; i < names.length; i++) {
    at = isHalved(names[i]) ? 'a name in ' + path : halfIn(value[names[i]], path + '.' + names[i]);
    if (at) { return at; }
  }
  return '';
}
function isHalved(text) { return whole(text) !== text; }
// whole puts U+FFFD for every half of a character.
function whole(text) {
  var i, c, next, out = '', from = 0;
  for (i = 0; i < text.length; i++) {
    c = kept.code(text, i);
    if (c < 0xd800 || c >= 0xe000) { continue; }
    next = c < 0xdc00 ? kept.code(text, i + 1) : 0;
    if (next >= 0xdc00 && next < 0xe000) {
      i++;
    } else {
      out += kept.cut(text, from, i) + '\ufffd';
      from = i + 1;
    }
  }
  return from ? out + kept.cut(text, from, text.length) : text;
}
// printable is a text that can be sent. Only what has halves of characters is looked through.
function printable(text) { return kept.find(kept.stringify(text), '\\ud') < 0 ? text : whole(text); }
