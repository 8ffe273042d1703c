// build makes the function of a body; nothing of the body runs yet. An engine that has parsed it gives what it knows:
// the text that it checked, and what it compiled of it, which is what new Function makes below. The function's `log`,
// `console` and `JSON` are its own, and so is its Date where it is given one.
function build(source, checked, compiled, date) {
  var made = source === checked && compiled || maker(source, checked, date), write;
  if (!kept.host) {
    return made(typeof log === 'function' ? log : undefined, typeof console === 'object' ? console : undefined, JSON,
      date);
  }
  write = ownLog();
  return made(write, { log: write, info: write, warn: write, error: write, debug: write }, ownJSON(), date);
}
// maker makes the function that makes a body's, once for each text where the engine goes on from run to run: parsing
// is most of what a function with a long table costs. What it makes is new for every run, and it keeps nothing of one;
// no function can reach it.
//
// QuickJS does not check that the body of `new Function` is one, and would run what stands behind a brace that closes
// the wrapper. There the body is parsed twice first, as dead code inside brackets that it cannot know and so cannot
// close: after the one function only a statement can follow, after the other only a comma or a brace. What parses in
// both closes neither.
function maker(source, checked, date) {
  var most = 1 << 20, known = (date ? 'Date;' : ';') + source, made = kept.made[known];
  if (made) { return made; }
  if (kept.naive && source !== checked) { // not SpiderMonkey
    parses('x(function () { function f(call) {\n' + source + '\n} })');
    parses('x({ get f() {\n' + source + '\n} })');
  } else {
    new kept.Function('call', '\n' + source); // the same line as below
  }
  made = date ? new kept.Function('log', 'console', 'JSON', 'Date', 'return function (call) {\n' + source + '\n}') :
    new kept.Function('log', 'console', 'JSON', 'return function (call) {\n' + source + '\n}');
  if (source.length > most) { return made; }
  if (kept.room < source.length) {
    kept.made = kept.create(null);
    kept.room = most;
  }
  kept.made[known] = made;
  kept.room -= source.length;
  return made;
}
// parses throws a SyntaxError where an expression does not parse. The brackets are those of calls and members: before
// any other QuickJS looks ahead to its end, for an arrow or an assignment, and so would read the body 24 times.
function parses(expression) {
  var i;
  for (i = 0; i < 24; i++) {
    expression = kept.random() < 0.5 ? 'x(' + expression + ')' : 'x[' + expression + ']';
  }
  new kept.Function('return; ' + expression);
}
