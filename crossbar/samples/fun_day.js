// Date is in the account's time zone.
var days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
var today = days[new Date().getDay()];
return {'module': 'tts', 'data': {'text': 'Today is ' + today + '. Have a fun day!'}};
