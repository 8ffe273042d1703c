// build makes the function of a body; nothing of the body runs yet. QuickJS does not check that the body of `new Function` is
// one, and would run what stands behind a brace that closes its wrapper; so the body also stands in brackets that it cannot
// know and therefore cannot close. Its `log`, `console` and `JSON` are its own.
function build(source) {
  var i, made, write;
  if (!kept.open) {
    kept.open = 'return ';
    kept.close = '';
    for (i = 0; i < 24; i++) {
      if (kept.random() < 0.5) {
        kept.open += '(';
        kept.close = ')' + kept.close;
      } else {
        kept.open += '[';
        kept.close = '][0]' + kept.close;
      }
    }
  }
  made = new kept.Function('log', 'console', 'JSON', kept.open + 'function (call) {\n' + source + '\n}' + kept.close);
  if (!kept.host) { return made(typeof log === 'function' ? log : undefined, typeof console === 'object' ? console : undefined, JSON); }
  write = ownLog();
  return made(write, { log: write, info: write, warn: write, error: write, debug: write }, ownJSON());
}
