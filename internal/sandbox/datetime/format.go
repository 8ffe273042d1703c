package datetime

import "fmt"

var (
	monthNames = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	dayNames   = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
)

// DateText returns the result of toDateString for a time value.
func (z Zone) DateText(ms int64) string {
	local := ms + z.Offset(ms)
	f := Split(local)
	width := 4
	if f[Year] < 0 {
		width = 5
	}
	return fmt.Sprintf("%s %s %02d %0*d",
		dayNames[Weekday(local)], monthNames[int(f[Month])], int(f[Day]), width, int(f[Year]))
}

// TimeText returns the result of toTimeString for a time value.
func (z Zone) TimeText(ms int64) string {
	offset := z.Offset(ms)
	f := Split(ms + offset)
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	minutes := offset / 60000
	return fmt.Sprintf("%02d:%02d:%02d GMT%c%02d%02d",
		int(f[Hour]), int(f[Minute]), int(f[Second]), sign, minutes/60, minutes%60)
}

// Text returns the result of toString for a time value.
func (z Zone) Text(ms int64) string { return z.DateText(ms) + " " + z.TimeText(ms) }
