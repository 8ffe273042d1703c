package doctor_test

import (
	"strings"
	"testing"

	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/doctor"
)

// Numbers in callflows of two accounts are reported until one account is assigned the number.
func TestNumbersOfSeveralAccountsAreFound(t *testing.T) {
	stores := datastoretest.Open(t)
	if got := doctor.Numbers(t.Context(), stores); len(got) != 1 || got[0].Status != doctor.OK {
		t.Errorf("without callflows: got %+v, want ok", got)
	}
	db, err := stores.Resolve(datastore.Callflows, "")
	if err != nil {
		t.Fatal(err)
	}
	for id, owner := range map[string]string{"c1": "acme", "c2": "other"} {
		if _, err := db.Create(t.Context(), datastore.Document{
			"_id": id, "pvt_type": "callflow", "pvt_account_id": owner, "numbers": []any{"+14155550100", "1000"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	got := doctor.Numbers(t.Context(), stores)
	if len(got) != 1 || got[0].Status != doctor.Change || !strings.Contains(got[0].Says, "+14155550100") ||
		!strings.Contains(got[0].Says, "acme, other") || !strings.Contains(got[0].Fix, "callfn numbers assign +14155550100") {
		t.Errorf("with a double: got %+v, want the number, both accounts and what to do", got)
	}
}
