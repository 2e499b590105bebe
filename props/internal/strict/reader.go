package strict

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// reader goes over data once and holds every value against the type that it will be
// read into.
type reader struct {
	data          []byte
	at            int    // next byte
	steps         []step // down to the value
	depth         int
	unknown, null bool // AllowUnknown, AllowNull
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	rawMessage      = reflect.TypeFor[json.RawMessage]()
	jsonNumber      = reflect.TypeFor[json.Number]()
)

// whole reads the one value.
func (r *reader) whole(t reflect.Type) error {
	if !utf8.Valid(r.data) {
		offset := 0
		for rest := r.data; ; {
			c, size := utf8.DecodeRune(rest)
			if c == utf8.RuneError && size <= 1 {
				return r.fail(offset, "byte %#x is not UTF-8", rest[0])
			}
			offset, rest = offset+size, rest[size:]
		}
	}
	if err := r.value(t); err != nil {
		return err
	}
	if r.space(); r.at < len(r.data) {
		return r.fail(r.at, "more data after the value: %s",
			Quote(string(r.data[r.at:min(r.at+4*MaxQuoted, len(r.data))])))
	}
	return nil
}

// space goes over white space.
func (r *reader) space() {
	for r.at < len(r.data) && strings.IndexByte(" \t\r\n", r.data[r.at]) >= 0 {
		r.at++
	}
}

// next is the next byte that is not white space; 0, which no JSON has, at the end.
func (r *reader) next() byte {
	r.space()
	if r.at == len(r.data) {
		return 0
	}
	return r.data[r.at]
}

// unexpected is the error for the byte ahead.
func (r *reader) unexpected(want string) error {
	if r.at == len(r.data) {
		return r.fail(r.at, "the data ends, want %s", want)
	}
	c, _ := utf8.DecodeRune(r.data[r.at:])
	return r.fail(r.at, "%s, want %s", strconv.QuoteRune(c), want)
}

// value reads a value into type t; nil stands for any.
func (r *reader) value(t reflect.Type) error {
	c := r.next()
	start := r.at
	kind, err := r.kindOf(c)
	if err != nil {
		return err
	}
	for t != nil && t.Kind() == reflect.Pointer {
		if kind == "null" && r.null {
			return r.literal("null")
		}
		t = t.Elem()
	}
	if t == rawMessage {
		t = nil
	}
	if t == nil || t.Kind() == reflect.Interface {
		return r.untyped(kind, t)
	}
	if itself, want := unmarshals(t); itself {
		return r.readsItself(t, kind, want, start)
	}
	want := wanted(t)
	if kind == "null" && r.null && (want == "an array" || want == "an object") {
		return r.literal("null")
	}
	if kind != want {
		return r.fail(start, "%s, want %s", kind, want)
	}
	switch kind {
	case "an object":
		return r.object(t)
	case "an array":
		return r.array(t)
	}
	if err := r.untyped(kind, nil); err != nil {
		return err
	}
	if value := r.data[start:r.at]; !fits(string(value), t) {
		return r.fail(start, "%s is no %s", Cut(string(value)), t)
	}
	return nil
}

// fits reports that encoding/json can read a value of the right kind into t, say a
// number that is small enough.
func fits(value string, t reflect.Type) bool {
	var err error
	switch k := t.Kind(); {
	case reflect.Int <= k && k <= reflect.Int64:
		_, err = strconv.ParseInt(value, 10, t.Bits())
	case reflect.Uint <= k && k <= reflect.Uint64:
		_, err = strconv.ParseUint(value, 10, t.Bits())
	case k == reflect.Float32 || k == reflect.Float64:
		_, err = strconv.ParseFloat(value, t.Bits())
	case k == reflect.Slice: // base64
		err = json.Unmarshal([]byte(value), new([]byte))
	}
	return err == nil
}

// kindOf is the kind of value that begins with c.
func (r *reader) kindOf(c byte) (string, error) {
	switch {
	case c == '{':
		return "an object", nil
	case c == '[':
		return "an array", nil
	case c == '"':
		return "a string", nil
	case c == '-' || '0' <= c && c <= '9':
		return "a number", nil
	case c == 't' || c == 'f':
		return "a boolean", nil
	case c == 'n':
		return "null", nil
	}
	return "", r.unexpected("a value")
}

// wanted is the kind of value that type t is read from.
func wanted(t reflect.Type) string {
	switch k := t.Kind(); {
	case t == jsonNumber:
		return "a number"
	case k == reflect.Struct || k == reflect.Map:
		return "an object"
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8: // base64
		return "a string"
	case k == reflect.Slice || k == reflect.Array:
		return "an array"
	case k == reflect.String:
		return "a string"
	case k == reflect.Bool:
		return "a boolean"
	case reflect.Int <= k && k <= reflect.Float64 && k != reflect.Uintptr:
		return "a number"
	}
	panic("strict: no data can be read into " + t.String())
}

// unmarshals reports that t has a method of its own to be read with, and what that
// wants: a string for UnmarshalText, anything for UnmarshalJSON.
func unmarshals(t reflect.Type) (itself bool, want string) {
	p := reflect.PointerTo(t)
	if p.Implements(jsonUnmarshaler) {
		return true, ""
	}
	return p.Implements(textUnmarshaler), "a string"
}

// readsItself reads a value of a type with a method of its own. Most of them take null for
// nothing, in silence.
func (r *reader) readsItself(t reflect.Type, kind, want string, start int) error {
	if kind == "null" || want != "" && kind != want {
		if want == "" {
			want = "a value"
		}
		return r.fail(start, "%s, want %s", kind, want)
	}
	if err := r.untyped(kind, nil); err != nil {
		return err
	}
	value := r.data[start:r.at]
	if err := json.Unmarshal(value, reflect.New(t).Interface()); err != nil {
		return r.fail(start, "%s: %s", Cut(string(value)), printable(err.Error()))
	}
	return nil
}

// untyped reads a value of the kind ahead, of any type. t is nil, or an interface: then
// numbers will become float64s and have to be some.
func (r *reader) untyped(kind string, t reflect.Type) error {
	switch kind {
	case "an object":
		return r.object(t)
	case "an array":
		return r.array(t)
	case "a string":
		_, err := r.text()
		return err
	case "a number":
		return r.number(t != nil)
	case "null":
		return r.literal("null")
	}
	if r.data[r.at] == 't' {
		return r.literal("true")
	}
	return r.literal("false")
}

// enter counts a level of nesting.
func (r *reader) enter() error {
	if r.depth++; r.depth > MaxDepth {
		return r.fail(r.at, "nested deeper than %d", MaxDepth)
	}
	r.at++
	return nil
}

// push and pop follow the way down to a value.
func (r *reader) push(s step) { r.steps = append(r.steps, s) }
func (r *reader) pop()        { r.steps = r.steps[:len(r.steps)-1] }

// leave ends a level of nesting.
func (r *reader) leave() error {
	r.at++
	r.depth--
	return nil
}

// object reads an object into a struct, a map, an interface or, with a nil type, nothing.
func (r *reader) object(t reflect.Type) error {
	if err := r.enter(); err != nil {
		return err
	}
	var known *fields
	if t != nil && t.Kind() == reflect.Struct {
		known = fieldsOf(t)
	}
	if r.next() == '}' {
		return r.leave()
	}
	seen := map[string]bool{}
	for {
		if r.next() != '"' {
			return r.unexpected("a key")
		}
		if err := r.member(t, known, seen); err != nil {
			return err
		}
		switch r.next() {
		case ',':
			r.at++
		case '}':
			return r.leave()
		default:
			return r.unexpected("a comma or the end of the object")
		}
	}
}

// member reads a key and its value.
func (r *reader) member(t reflect.Type, known *fields, seen map[string]bool) error {
	start := r.at
	key, err := r.text()
	if err != nil {
		return err
	}
	r.push(step{key, -1})
	if seen[key] {
		return r.fail(start, "repeated key")
	}
	seen[key] = true
	of := t // of an interface or nothing
	switch {
	case known != nil:
		if of, err = r.field(known, key, start); err != nil {
			return err
		}
	case t != nil && t.Kind() == reflect.Map:
		if of, err = r.entry(t, key, start); err != nil {
			return err
		}
	}
	if r.next() != ':' {
		return r.unexpected("a colon")
	}
	r.at++
	if err := r.value(of); err != nil {
		return err
	}
	r.pop()
	return nil
}

// field is the type of the struct's field key; nil where unknown keys are allowed.
func (r *reader) field(known *fields, key string, start int) (reflect.Type, error) {
	if t := known.types[key]; t != nil {
		return t, nil
	}
	for _, name := range known.names {
		if strings.EqualFold(name, key) {
			return nil, r.fail(start, "key in other case, want %q", name)
		}
	}
	if !r.unknown {
		return nil, r.fail(start, "unknown key")
	}
	return nil, nil
}

// entry is the type of a map's values. A key that is an integer has one spelling, or
// two keys might be one.
func (r *reader) entry(t reflect.Type, key string, start int) (reflect.Type, error) {
	switch k := t.Key().Kind(); {
	case reflect.PointerTo(t.Key()).Implements(textUnmarshaler), k == reflect.String:
		return t.Elem(), nil
	case reflect.Int <= k && k <= reflect.Int64:
		n, err := strconv.ParseInt(key, 10, t.Key().Bits())
		if err != nil || strconv.FormatInt(n, 10) != key {
			return nil, r.fail(start, "key is no %s", k)
		}
	case reflect.Uint <= k && k <= reflect.Uint64:
		n, err := strconv.ParseUint(key, 10, t.Key().Bits())
		if err != nil || strconv.FormatUint(n, 10) != key {
			return nil, r.fail(start, "key is no %s", k)
		}
	default:
		panic("strict: no data can be read into " + t.String())
	}
	return t.Elem(), nil
}

// array reads an array into a slice, a Go array, an interface or, with a nil type, nothing.
func (r *reader) array(t reflect.Type) error {
	start := r.at
	if err := r.enter(); err != nil {
		return err
	}
	of := t // of an interface or nothing
	if t != nil && t.Kind() != reflect.Interface {
		of = t.Elem()
	}
	count := 0
	for r.next() != ']' || count > 0 {
		r.push(step{index: count})
		if err := r.value(of); err != nil {
			return err
		}
		r.pop()
		count++
		if c := r.next(); c == ']' {
			break
		} else if c != ',' {
			return r.unexpected("a comma or the end of the array")
		}
		r.at++
	}
	if t != nil && t.Kind() == reflect.Array && count != t.Len() {
		return r.fail(start, "%d entries, want %d", count, t.Len())
	}
	return r.leave()
}

// literal reads null, true or false.
func (r *reader) literal(word string) error {
	if !strings.HasPrefix(string(r.data[r.at:min(r.at+len(word), len(r.data))]), word) {
		return r.unexpected("a value")
	}
	r.at += len(word)
	return nil
}

// number reads a number as RFC 8259, section 6, has it.
func (r *reader) number(float bool) error {
	start := r.at
	if r.data[r.at] == '-' {
		r.at++
	}
	whole := r.at
	if !r.digits() {
		return r.unexpected("a digit")
	}
	if r.data[whole] == '0' && r.at > whole+1 {
		return r.fail(start, "%s, a number begins with a single zero", Cut(string(r.data[start:r.at])))
	}
	if r.at < len(r.data) && r.data[r.at] == '.' {
		r.at++
		if !r.digits() {
			return r.unexpected("a digit")
		}
	}
	if r.at < len(r.data) && (r.data[r.at] == 'e' || r.data[r.at] == 'E') {
		r.at++
		if r.at < len(r.data) && (r.data[r.at] == '+' || r.data[r.at] == '-') {
			r.at++
		}
		if !r.digits() {
			return r.unexpected("a digit")
		}
	}
	text := r.data[start:r.at]
	if len(text) > MaxNumber {
		return r.fail(start, "%s: %d bytes of a number, at most %d", Cut(string(text[:2*MaxQuoted])), len(text),
			MaxNumber)
	}
	if float && !fits(string(text), reflect.TypeFor[float64]()) {
		return r.fail(start, "%s is no float64", Cut(string(text)))
	}
	return nil
}

// digits goes over digits and reports whether there was one.
func (r *reader) digits() bool {
	start := r.at
	for r.at < len(r.data) && '0' <= r.data[r.at] && r.data[r.at] <= '9' {
		r.at++
	}
	return r.at > start
}

// text reads a string.
func (r *reader) text() (string, error) {
	start := r.at
	escapes := false
	for r.at++; ; r.at++ {
		if r.at == len(r.data) {
			return "", r.unexpected("the end of a string")
		}
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			if !escapes {
				return string(r.data[start+1 : r.at-1]), nil
			}
			var s string
			if err := json.Unmarshal(r.data[start:r.at], &s); err != nil {
				return "", r.fail(start, "%s", printable(err.Error()))
			}
			return s, nil
		case c < ' ':
			return "", r.fail(r.at, "byte %#x in a string, want an escape", c)
		case c == '\\':
			escapes = true
			if err := r.escape(); err != nil {
				return "", err
			}
		}
	}
}

// escape goes to the last byte of an escape. Half a surrogate pair, which encoding/json
// turns into U+FFFD, is an error.
func (r *reader) escape() error {
	first, err := r.escaped()
	if err != nil || !utf16.IsSurrogate(first) {
		return err
	}
	start := r.at
	if r.at+1 < len(r.data) && r.data[r.at+1] == '\\' {
		r.at++
		second, err := r.escaped()
		if err != nil {
			return err
		}
		if utf16.DecodeRune(first, second) != utf8.RuneError {
			return nil
		}
	}
	return r.fail(start, "half a surrogate pair in a string")
}

// escaped goes from a backslash to the last byte of one escape and returns what \u
// stands for, 0 for any other.
func (r *reader) escaped() (rune, error) {
	start := r.at
	if r.at++; r.at == len(r.data) {
		return 0, r.unexpected("the end of a string")
	}
	if r.data[r.at] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, r.data[r.at]) < 0 {
			return 0, r.fail(start, "unknown escape in a string")
		}
		return 0, nil
	}
	const hex = 4
	if r.at+hex >= len(r.data) {
		r.at = len(r.data)
		return 0, r.unexpected("the end of a string")
	}
	c, err := strconv.ParseUint(string(r.data[r.at+1:r.at+1+hex]), 16, 16)
	if err != nil {
		return 0, r.fail(start, "unknown escape in a string")
	}
	r.at += hex
	return rune(c), nil
}
