package trace

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Record is an open record. Next reads it step by step.
type Record struct {
	Path string
	*shape

	last   int                  // number of the last step
	source func(st *Step) error // the next step, io.EOF
	closer func() error
	err    error
}

// Open opens the record at path, a directory, an .npz or a .jsonl file, see FORMAT.md. The error names
// the file and what is wrong.
func Open(path string) (*Record, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	r := &Record{Path: path, last: -1}
	switch {
	case info.IsDir():
		err = r.openDir()
	case strings.HasSuffix(path, ".npz"):
		err = r.openFile()
	default:
		err = r.openLines()
	}
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	return r, nil
}

// Run is run.json.
func (r *Record) Run() *Run { return &r.run }

// Next reads the next step into st. It gives io.EOF after the last one; any other error names
// file, array and step.
func (r *Record) Next(st *Step) error {
	if r.err != nil {
		return r.err
	}
	err := r.source(st)
	if err == nil {
		err = st.finish(r.shape, r.last)
		if err != nil {
			err = fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	if err != nil {
		if err != io.EOF {
			err = fmt.Errorf("trace: %w", err)
		}
		r.err = err
		return err
	}
	r.last = st.T
	return nil
}

// Close closes the files.
func (r *Record) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer()
}

func (r *Record) openDir() error {
	name := filepath.Join(r.Path, "run.json")
	data, err := strict.ReadFile(name, MaxRunJSON)
	if err != nil {
		return err
	}
	if r.shape, err = parseRun(data); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := r.gaps(); err != nil {
		return err
	}
	number := 0
	var open *openChunkFile
	r.closer = func() error { return open.close() }
	r.source = func(st *Step) error {
		for {
			if open == nil {
				if number >= MaxChunks {
					return fmt.Errorf("%s: more than %d chunks", r.Path, MaxChunks)
				}
				file := chunkName(r.Path, number)
				next, err := openChunkAt(file, r.shape)
				if errors.Is(err, fs.ErrNotExist) && number > 0 {
					return io.EOF
				}
				if err != nil {
					return err
				}
				open, number = next, number+1
			}
			err := open.chunk.next(st)
			if err == nil {
				return nil
			}
			file := open.name
			open.close()
			open = nil
			if err != io.EOF {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return nil
}

func chunkName(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("steps-%06d.npz", number))
}

// gaps checks that the chunks of the directory are numbered without a gap.
func (r *Record) gaps() error {
	names, err := filepath.Glob(filepath.Join(globless.Replace(r.Path), "steps-*"))
	if err != nil {
		return err
	}
	for k, name := range names { // sorted
		if want := chunkName(r.Path, k); name != want {
			return fmt.Errorf("%s stands where %s should: chunks are numbered from 000000 without a gap",
				name, filepath.Base(want))
		}
	}
	return nil
}

var globless = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

// openChunkFile is a chunk with its file.
type openChunkFile struct {
	name  string
	file  *os.File
	chunk *chunk
}

func (o *openChunkFile) close() error {
	if o == nil {
		return nil
	}
	if o.chunk != nil {
		o.chunk.close()
	}
	return o.file.Close()
}

// openChunkAt opens an .npz file; with a nil shape it finds it in the file.
func openChunkAt(name string, s *shape) (*openChunkFile, error) {
	info, err := os.Stat(name) // before it is opened: a pipe would wait for a writer
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", name)
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	ch, err := readChunk(file, info.Size(), s)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &openChunkFile{name, file, ch}, nil
}

// maxArrays caps the entries of an .npz file.
const maxArrays = 8 * maxOperators

func readChunk(r io.ReaderAt, size int64, s *shape) (*chunk, error) {
	if size > maxChunk {
		return nil, fmt.Errorf("%d bytes, want at most %d", size, int64(maxChunk))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("torn, or no .npz file: %w", err)
	}
	if len(z.File) > maxArrays {
		return nil, fmt.Errorf("%d arrays, want at most %d", len(z.File), maxArrays)
	}
	var runArrays int
	for _, f := range z.File {
		if f.Name != "run.npy" {
			continue
		}
		if runArrays++; runArrays > 1 {
			return nil, fmt.Errorf("array run is there twice")
		}
		if s != nil {
			return nil, fmt.Errorf("array run stands in a chunk beside run.json")
		}
		if s, err = readRunArray(f); err != nil {
			return nil, fmt.Errorf("array run: %w", err)
		}
	}
	if s == nil {
		return nil, fmt.Errorf("array run is missing: it has the bytes of run.json")
	}
	return openChunk(z.File, s)
}

// readRunArray reads the array of bytes that is run.json.
func readRunArray(f *zip.File) (*shape, error) {
	a, err := openArray(f, readers)
	if err != nil {
		return nil, err
	}
	defer a.close()
	if a.size != 1 || a.kind != 'u' || len(a.shape) != 1 || a.shape[0] > MaxRunJSON {
		return nil, fmt.Errorf("%s, want at most %d bytes (uint8)", shapeOf(a), MaxRunJSON)
	}
	var data bytes.Buffer
	if _, err := io.CopyN(&data, a.r, int64(a.shape[0])); err != nil {
		return nil, torn(err)
	}
	if err := a.end(); err != nil {
		return nil, err
	}
	return parseRun(data.Bytes())
}

func (r *Record) openFile() error {
	open, err := openChunkAt(r.Path, nil)
	if err != nil {
		return err
	}
	r.fromChunk(open.chunk)
	r.closer = open.close
	return nil
}

func (r *Record) fromChunk(ch *chunk) {
	r.shape = ch.shape
	r.source = func(st *Step) error {
		err := ch.next(st)
		if err != nil && err != io.EOF {
			err = fmt.Errorf("%s: %w", r.Path, err)
		}
		return err
	}
}

// Read opens a record from its bytes, those of an .npz or of a .jsonl file: what Open
// does without a file.
func Read(data []byte) (*Record, error) {
	r := &Record{Path: "record", last: -1}
	if bytes.HasPrefix(data, []byte("PK")) {
		ch, err := readChunk(bytes.NewReader(data), int64(len(data)), nil)
		if err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}
		r.fromChunk(ch)
		r.closer = func() error { ch.close(); return nil }
		return r, nil
	}
	if err := r.lines(bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	return r, nil
}
