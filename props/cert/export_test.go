package cert

// Ln2Above is what certificates of series compare their ln 2 with.
var Ln2Above = ln2Above

// Evaluate forms both sides of c, whether they refute its claim or not.
var Evaluate = evaluate
