package campaign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// journalVersion changes when the names of units, or what they do, change.
const journalVersion = 2

// journalName is the file in the directory of a campaign.
const journalName = "journal.jsonl"

// maxJournal caps it in bytes.
const maxJournal = 1 << 30

// entry is a line of the journal. The first is a Campaign; a Begin says that a unit was
// begun, a Unit that it was done, with what it found.
type entry struct {
	Campaign *identity `json:"campaign,omitempty"`
	Begin    string    `json:"begin,omitempty"`
	Unit     *done     `json:"unit,omitempty"`
}

// identity is what must be the same when a campaign goes on.
type identity struct {
	Version int    `json:"version"`
	Seed    uint64 `json:"seed"`
	Claims  string `json:"claims"` // digest of their names
}

// done is a unit that was done.
type done struct {
	Name       string         `json:"name"`
	Seconds    float64        `json:"seconds"`
	Executions int64          `json:"executions"`
	Found      []*search.Memo `json:"found,omitempty"`
	Note       string         `json:"note,omitempty"`
}

// journal is a file of lines that only grows.
type journal struct{ file *os.File }

// openJournal opens the journal of dir, or begins it, and returns its entries. It is locked
// while it is open.
func openJournal(dir string, id identity) (*journal, []entry, error) {
	path := filepath.Join(dir, journalName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, err
	}
	j := &journal{file}
	entries, err := j.load(path, id)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return j, entries, nil
}

func (j *journal) load(path string, id identity) ([]entry, error) {
	if err := lock(j.file); err != nil {
		return nil, fmt.Errorf("%s: another campaign has it: %w", path, err)
	}
	data, err := strict.ReadFile(path, maxJournal)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries, length, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	first, err := lineOf(entry{Campaign: &id})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 && !bytes.HasPrefix(first, data) {
		return nil, fmt.Errorf("%s is no journal of this campaign, it would be lost: move it away", path)
	}
	if err := j.file.Truncate(int64(length)); err != nil { // what was cut off
		return nil, err
	}
	if _, err := j.file.Seek(int64(length), 0); err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.Join(j.write(entry{Campaign: &id}), syncDir(filepath.Dir(path)))
	}
	if c := entries[0].Campaign; c == nil || *c != id {
		return nil, fmt.Errorf("%s: line 1: it is of another campaign, with other claims, another seed or another "+
			"version of the program", path)
	}
	return entries[1:], nil
}

// parse reads the lines and says how many bytes of them are whole. A line is its checksum,
// a space and JSON.
func parse(data []byte) (entries []entry, length int, err error) {
	for number := 1; length < len(data); number++ {
		end := bytes.IndexByte(data[length:], '\n')
		if end < 0 {
			return entries, length, nil // cut off
		}
		line := data[length : length+end]
		var e entry
		if err := decode(line, &e); err != nil {
			if length+end+1 == len(data) {
				return entries, length, nil // the last line: written in part
			}
			return nil, 0, strict.OnLine(number, err)
		}
		entries = append(entries, e)
		length += end + 1
	}
	return entries, length, nil
}

func decode(line []byte, e *entry) error {
	sum, body, ok := bytes.Cut(line, []byte(" "))
	if !ok || string(sum) != checksum(body) {
		return errors.New("the checksum is not that of the line")
	}
	return strict.Unmarshal(body, e)
}

func checksum(body []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)) }

// lineOf is the line of an entry.
func lineOf(e entry) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return append([]byte(checksum(body)+" "), append(body, '\n')...), nil
}

// write appends a line; once it returns, the line is on disk.
func (j *journal) write(e entry) error {
	line, err := lineOf(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(line); err != nil {
		return err
	}
	return j.file.Sync()
}

func (j *journal) close() error { return j.file.Close() }

// syncDir makes the name of a new file last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every system can
	return d.Close()
}
