// Language by prefix: prompts and speech are in the language of the caller's country.

// Country code: language. Of a code that begins another, such as +1 and +1787, the longer one counts.
var languages = {
  '+1': 'en-us',
  '+1787': 'es-us',
  '+33': 'fr-fr',
  '+34': 'es-es',
  '+41': 'de-ch',
  '+43': 'de-at',
  '+44': 'en-gb',
  '+49': 'de-de'
};

var number = call['Caller-ID-Number'] || '';
var language = call['Language'] || 'en-us'; // what the account has

var longest = '';
for (var prefix in languages) {
  if (number.indexOf(prefix) === 0 && prefix.length > longest.length) {
    longest = prefix;
    language = languages[prefix];
  }
}
// Sets the language; the callflow goes on below this function.
return {module: 'language', data: {language: language}};
