// Prefix of the caller's number: language of the prompts, and the callflow that takes the call.
var routes = [
  {'prefix': '+1', 'language': 'en-us', 'callflow': '00000000000000000000000000000001'},
  {'prefix': '+49', 'language': 'de-de', 'callflow': '00000000000000000000000000000002'},
  {'prefix': '+4930', 'language': 'de-de', 'callflow': '00000000000000000000000000000003'}
];

var number = call['Caller-ID-Number'] || '';
var best = null;
for (var i = 0; i < routes.length; i++) {
  var matches = number.indexOf(routes[i].prefix) === 0;
  if (matches && (!best || routes[i].prefix.length > best.prefix.length)) best = routes[i];
}
if (!best) {
  return {'module': 'language', 'data': {'language': 'en-us'}};
}
return {
  'module': 'language',
  'data': {'language': best.language},
  'children': {'_': {'module': 'callflow', 'data': {'id': best.callflow}}}
};
