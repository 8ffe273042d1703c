// KAZOO's documented example.
return {'module': 'tts', 'data': {'text': 'Thanks for calling us ' + call['Caller-ID-Name']}};
