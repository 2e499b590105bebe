package bounds

// RootForm lets a test sum a large Q without computing one.
var RootForm = rootForm
