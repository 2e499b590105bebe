package strict

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// fields are the keys that a struct is read from, by the rules of encoding/json.
type fields struct {
	names []string // sorted
	types map[string]reflect.Type
}

var fieldCache sync.Map // reflect.Type to *fields

func fieldsOf(t reflect.Type) *fields {
	if f, has := fieldCache.Load(t); has {
		return f.(*fields)
	}
	f := &fields{types: map[string]reflect.Type{}}
	for level := []reflect.Type{t}; len(level) > 0; {
		level = f.collect(level)
	}
	slices.Sort(f.names)
	fieldCache.Store(t, f)
	return f
}

// collect adds the keys of structs that are embedded equally deep and returns those
// that they embed without a name of their own. A key that is there already hides that of
// an embedded struct. Twice on one level, encoding/json reads neither of them, in
// silence; here that is misuse.
func (f *fields) collect(level []reflect.Type) (embedded []reflect.Type) {
	here := map[string]reflect.Type{}
	for _, t := range level {
		for i := range t.NumField() {
			of := t.Field(i)
			tag := of.Tag.Get("json")
			name, options, _ := strings.Cut(tag, ",")
			base := of.Type
			if base.Kind() == reflect.Pointer {
				base = base.Elem()
			}
			switch {
			case tag == "-":
				continue
			case of.Anonymous && name == "" && base.Kind() == reflect.Struct:
				embedded = append(embedded, base)
				continue
			case !of.IsExported():
				continue
			case slices.Contains(strings.Split(options, ","), "string"):
				panic("strict: " + t.String() + "." + of.Name + `: option "string" of its tag is not supported`)
			case name == "":
				name = of.Name
			}
			if here[name] != nil {
				panic("strict: " + t.String() + ": two fields for the key " + name)
			}
			here[name] = of.Type
		}
	}
	for name, of := range here {
		if f.types[name] == nil {
			f.types[name] = of
			f.names = append(f.names, name)
		}
	}
	return embedded
}
