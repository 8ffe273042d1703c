package voice

import "strings"

// parsePrompt takes the name of a system prompt apart: prompt://ACCOUNT/ID/LANGUAGE.
func parsePrompt(name string) (id, language string, ok bool) {
	rest, ok := strings.CutPrefix(name, "prompt://")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// promptText is what a system prompt says, by the ids of KAZOO's prompts, in the language where it is known here, else
// in English.
func promptText(id, language string) (string, bool) {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if text, ok := promptsByLanguage[base][id]; ok {
		return text, true
	}
	text, ok := promptsByLanguage["en"][id]
	return text, ok
}

// promptsByLanguage are the prompts that callfn's modules play.
var promptsByLanguage = map[string]map[string]string{
	"en": {
		"menu-no_prompt":         "Please enter your selection.",
		"menu-invalid_entry":     "That entry is invalid.",
		"menu-exit":              "Thank you. Good-bye.",
		"menu-transferring_call": "Please hold while your call is transferred.",
		"menu-return":            "Returning to the menu.",
		"vm-person_not_available": "The person you are calling is not available. " +
			"Please leave a message after the tone.",
		"vm-not_available_no_voicemail": "The person you are calling is not available and has no mailbox.",
		"vm-record_greeting":            "Record your greeting after the tone. Press any key when you are done.",
		"vm-saved":                      "Your message has been saved.",
		"vm-goodbye":                    "Good-bye.",
		"vm-enter_id":                   "Please enter your mailbox number.",
		"vm-enter_pass":                 "Please enter your PIN.",
		"vm-fail_auth":                  "That is not correct.",
		"vm-abort":                      "Good-bye.",
		"vm-no_messages":                "You have no messages.",
		"cf-unauthorized_call":          "This call is not allowed.",
	},
	"de": {
		"menu-no_prompt":         "Bitte wählen Sie.",
		"menu-invalid_entry":     "Diese Eingabe ist ungültig.",
		"menu-exit":              "Vielen Dank. Auf Wiederhören.",
		"menu-transferring_call": "Bitte warten Sie, Sie werden verbunden.",
		"menu-return":            "Zurück zum Menü.",
		"vm-person_not_available": "Der Teilnehmer ist nicht erreichbar. " +
			"Bitte hinterlassen Sie eine Nachricht nach dem Ton.",
		"vm-not_available_no_voicemail": "Der Teilnehmer ist nicht erreichbar und hat keine Mailbox.",
		"vm-record_greeting":            "Sprechen Sie nach dem Ton. Drücken Sie eine Taste, wenn Sie fertig sind.",
		"vm-saved":                      "Ihre Nachricht ist gespeichert.",
		"vm-goodbye":                    "Auf Wiederhören.",
		"vm-enter_id":                   "Bitte geben Sie Ihre Mailboxnummer ein.",
		"vm-enter_pass":                 "Bitte geben Sie Ihre PIN ein.",
		"vm-fail_auth":                  "Das ist nicht richtig.",
		"vm-abort":                      "Auf Wiederhören.",
		"vm-no_messages":                "Sie haben keine Nachrichten.",
		"cf-unauthorized_call":          "Dieser Anruf ist nicht erlaubt.",
	},
}
