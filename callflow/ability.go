package callflow

import "slices"

// Ability is something that some switches cannot do, named by a verb that completes "the switch cannot …". Answering,
// refusing, hanging up, waiting and setting variables are not abilities, because every switch can do them.
type Ability string

// The abilities.
const (
	CanPlay    Ability = "play"    // media files and prompts
	CanSpeak   Ability = "speak"   // text aloud
	CanSay     Ability = "say"     // numbers, dates and spelled names
	CanSound   Ability = "sound"   // tones
	CanRecord  Ability = "record"  // the caller
	CanCollect Ability = "collect" // keys
	CanBridge  Ability = "bridge"  // the call with phones and numbers
)

// Abilities is the list of what a kind of switch can do.
type Abilities []Ability

// AllAbilities returns every ability.
func AllAbilities() Abilities {
	return Abilities{CanPlay, CanSpeak, CanSay, CanSound, CanRecord, CanCollect, CanBridge}
}

// Has reports whether a is in the list.
func (l Abilities) Has(a Ability) bool { return slices.Contains(l, a) }

// Needs lists the abilities without which a node has no effect on a call. It leaves out what a node may need only
// sometimes, such as the recording of a menu's greeting.
func Needs(module string, data Data) []Ability {
	switch module {
	case "audio_macro":
		return macroNeeds(data)
	case "collect_dtmf":
		return []Ability{CanCollect}
	case "device", "user", "ring_group", "resources", "offnet":
		return []Ability{CanBridge}
	case "menu":
		return []Ability{CanPlay, CanCollect}
	case "play":
		return []Ability{CanPlay}
	case "tts":
		return []Ability{CanSpeak}
	case "voicemail":
		return []Ability{CanPlay, CanCollect, CanRecord}
	}
	return nil
}

// macroNeeds lists the abilities that the entries of an audio_macro need.
func macroNeeds(data Data) []Ability {
	byMacro := map[string]Ability{
		"play": CanPlay, "prompt": CanPlay, "tts": CanSpeak, "say": CanSay, "tone": CanSound,
	}
	entries, _ := data["macros"].([]any)
	var needs []Ability
	for _, entry := range entries[:min(len(entries), mostMembers)] {
		if need, ok := byMacro[asObject(entry).String("macro")]; ok && !slices.Contains(needs, need) {
			needs = append(needs, need)
		}
	}
	return needs
}

// lacking returns the first ability that a node needs and the switch lacks.
func lacking(control Control, module string, data Data) (Ability, bool) {
	for _, need := range Needs(module, data) {
		if !control.Can(need) {
			return need, true
		}
	}
	return "", false
}
