package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxQuoted is the number of characters of a value that an error repeats.
	MaxQuoted = 80

	// MaxDepth is the nesting of arrays and objects, far above that of any format
	// of this module.
	MaxDepth = 64

	// MaxNumber is the length of a number in bytes. The longest finite float64 that is
	// written out exactly and without an exponent, -2^-1074 with 1074 decimals, has 1077.
	MaxNumber = 1100
)

// An Option relaxes Unmarshal.
type Option int

const (
	// AllowUnknown passes over keys that the receiver has no field for, as a reply
	// of an engine may have. Repeated and otherwise cased keys stay errors.
	AllowUnknown Option = 1 << iota

	// AllowNull reads null as nothing where an array or an object is wanted, or the
	// receiver is a pointer. A null for a number, a string or a boolean stays an error.
	AllowNull
)

// Error says what in the data is not as it must be, and where.
type Error struct {
	Line, Column int    // of the value or key, from 1; columns count characters
	Path         string // such as "claims[3].ratio"; empty for the whole
	Reason       string
}

// Error implements error. It is printable, whatever the data has.
func (e *Error) Error() string {
	at := fmt.Sprintf("line %d, column %d: ", e.Line, e.Column)
	if e.Path != "" {
		at += e.Path + ": "
	}
	return at + e.Reason
}

// OnLine says of an error in a line of a file, number from 1, where in the file it is.
func OnLine(number int, err error) error {
	if e, ok := err.(*Error); ok && e.Line == 1 {
		return &Error{Line: number, Column: e.Column, Path: e.Path, Reason: e.Reason}
	}
	return fmt.Errorf("line %d: %w", number, err)
}

// Unmarshal reads data, one JSON value and nothing after it, into v, a pointer that is
// not nil. The error is an *[Error], and v is then left as it was.
//
// It reads what encoding/json reads into a value of this type and refuses besides: keys
// that the type has no field for, keys that come twice, keys that differ from a field's
// in case, null for anything but an interface, arrays of another length than a Go array,
// UTF-8 and surrogates that are broken, and what is above the caps.
func Unmarshal(data []byte, v any, options ...Option) error {
	at := reflect.ValueOf(v)
	if at.Kind() != reflect.Pointer || at.IsNil() {
		panic(fmt.Sprintf("strict: Unmarshal into %T, want a pointer that is not nil", v))
	}
	r := &reader{data: data}
	for _, o := range options {
		r.unknown = r.unknown || o == AllowUnknown
		r.null = r.null || o == AllowNull
	}
	if err := r.whole(at.Type().Elem()); err != nil {
		return err
	}
	// The receiver is set whole or not at all.
	fresh := reflect.New(at.Type().Elem())
	fresh.Elem().Set(at.Elem())
	if err := json.Unmarshal(data, fresh.Interface()); err != nil {
		return r.fail(0, "%s", printable(err.Error()))
	}
	at.Elem().Set(fresh.Elem())
	return nil
}

// Quote is s in double quotes, cut to MaxQuoted characters.
func Quote(s string) string {
	short, whole := first(s)
	if whole {
		return strconv.Quote(s)
	}
	return strconv.Quote(short + "...")
}

// Cut is s, printable, with "..." for what is above MaxQuoted characters.
func Cut(s string) string {
	short, whole := first(s)
	if whole {
		return printable(s)
	}
	return printable(short) + "..."
}

// first is the first MaxQuoted characters of s, and whether there are no more.
func first(s string) (short string, whole bool) {
	count := 0
	for at := range s {
		if count++; count > MaxQuoted {
			return s[:at], false
		}
	}
	return s, true
}

// Line is s as one line that can be printed, of any length: runs of white space are one space.
func Line(s string) string { return printable(strings.Join(strings.Fields(s), " ")) }

// printable keeps what steers a terminal out of s.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return utf8.RuneError
		}
		return c
	}, s)
}

// step is one step down: the key of an object, or the index of an array.
type step struct {
	key   string
	index int // -1 for a key
}

// path is for a reader: "claims[3].ratio". Keys that are no words are quoted.
func path(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case !word(s.key):
			fmt.Fprintf(&b, "[%s]", Quote(s.key))
		case b.Len() > 0:
			b.WriteString("." + s.key)
		default:
			b.WriteString(s.key)
		}
	}
	return b.String()
}

func word(s string) bool {
	for _, c := range s {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && utf8.RuneCountInString(s) <= MaxQuoted
}

// fail is the error at the byte offset.
func (r *reader) fail(offset int, format string, args ...any) error {
	before := r.data[:min(offset, len(r.data))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return &Error{
		Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(line),
		Path: path(r.steps), Reason: fmt.Sprintf(format, args...),
	}
}
