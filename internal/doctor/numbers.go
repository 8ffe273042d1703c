package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/numbers"
)

// mostDoubles bounds how many numbers the report names.
const mostDoubles = 50

// numbers checks the phone numbers of this site.
func (x *exam) numbers() {
	if !slices.Contains(x.Site.Databases, datastore.Callflows) ||
		!slices.Contains(x.Site.Databases, datastore.Accounts) {
		return
	}
	for _, finding := range Numbers(x.ctx, x.Site.Stores) {
		x.add("phone numbers", finding.Status, finding.Fix, "%s", finding.Says)
	}
}

// Numbers finds phone numbers that are in callflows of several accounts and assigned to none. Calls from outside to
// such a number reach nobody.
func Numbers(ctx context.Context, stores datastore.Resolver) []Finding {
	table := numbers.Table{Datastores: stores, Now: time.Now}
	doubles, err := table.Doubles(ctx)
	switch {
	case err != nil:
		return []Finding{{Status: Unknown, Says: fmt.Sprintf("the numbers cannot be read: %v", cause(err))}}
	case len(doubles) == 0:
		return []Finding{{Status: OK, Says: "no number is in callflows of several accounts without being assigned to one"}}
	}
	var findings []Finding
	for _, double := range doubles[:min(len(doubles), mostDoubles)] {
		accounts := make([]string, len(double.Accounts))
		for i, id := range double.Accounts {
			accounts[i] = string(id)
		}
		findings = append(findings, Finding{
			Status: Change, Fix: "callfn numbers assign " + double.Number + " --account ACCOUNT",
			Says: double.Number + " is in callflows of the accounts " + strings.Join(accounts, ", ") +
				" and assigned to none: calls from outside do not reach it",
		})
	}
	if more := len(doubles) - mostDoubles; more > 0 {
		findings = append(findings, Finding{
			Status: Change, Fix: "callfn numbers assign NUMBER --account ACCOUNT",
			Says: fmt.Sprintf("%d more numbers are in callflows of several accounts and assigned to none", more),
		})
	}
	return findings
}
