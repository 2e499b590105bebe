package cert

// Ln2Above is what certificates of series compare their ln 2 with.
var Ln2Above = ln2Above
