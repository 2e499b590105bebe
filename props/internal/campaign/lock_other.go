//go:build !unix

package campaign

import "os"

// lock does nothing here: two campaigns in one directory are for the user to avoid.
func lock(*os.File) error { return nil }
