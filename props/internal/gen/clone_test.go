package gen

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestClone: a clone is equal, and shares no number with its original.
func TestClone(t *testing.T) {
	for index := range uint64(200) {
		c := Step(Random(5, index))
		if index%2 == 1 {
			c = TrainingRun(Random(5, index))
		}
		d := c.Clone()
		before, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if after, err := json.Marshal(d); err != nil || string(after) != string(before) {
			t.Fatalf("case %d: the clone is %s, want %s", index, after, before)
		}
		spoil(reflect.ValueOf(d).Elem())
		if after, err := json.Marshal(c); err != nil || string(after) != string(before) {
			t.Fatalf("case %d: changing the clone changed the case\n%s\n%s", index, before, after)
		}
	}
}

// spoil changes every number below v.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem())
		}
	case reflect.Struct:
		for k := range v.NumField() {
			spoil(v.Field(k))
		}
	case reflect.Slice:
		for k := range v.Len() {
			spoil(v.Index(k))
		}
	case reflect.Float64:
		v.SetFloat(77)
	case reflect.Int:
		v.SetInt(77)
	}
}
