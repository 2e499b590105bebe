// Command verify searches for violations of every claim on the list and says
// whether each verdict is the one on record.
//
//	go run ./props/verify              search, print every verdict, judge it against the record
//	go run ./props/verify merge F...   join the reports of all shards of one search
//	go run ./props/verify replay F     explain a certificate or a saved case
//	go run ./props/verify export F     write a certificate as a theorem for Coq
//	go run ./props/verify constants F  check a witness for the coefficient of a bound
//	go run ./props/verify errata       what fails as printed, and what holds instead
//	go run ./props/verify figures      run the experiments of Figs 3 to 8 and draw them
//	go run ./props/verify page NAME    write a page
//	go run ./props/verify gate 'CMD'   gate a training engine, any program
//	go run ./props/verify adapters     engines that are ready to be gated
//	go run ./props/verify trace RUN    judge a recorded run: which operator's error did it?
//	go run ./props/verify record       write testdata/record and the pages of a search anew
//
// Each has -h. What comes in: flags and files; what goes out: tables, files, an exit
// code. Nothing but subcommands, flags and exit codes is here: the work is done by
// props, report and the rooms below them. Nothing imports it.
//
// main.go has the exit codes, and what a signal does: SIGINT, SIGTERM and SIGHUP cancel the
// context of a call, a second one ends the process. A search (search.go) then prints and
// writes what it has with what is missing (sayStopped), the gate kills its engine and says
// stopped, figures keep the points that are done; all end with 130.
//
// # Bad input
//
// A flag or a file that is not as it must be ends the command with exit code 2 and a
// message that names the place and the value.
package main
