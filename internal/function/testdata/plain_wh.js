function (doc, req) {
  if (!req || !req.query) { return {json: {error: 'empty callflow document'}}; }
  if (!doc) { return {json: {error: 'empty function definition'}}; }
  return {json: new Function('call', doc.function_js)(req.query)};
}
