(** A certificate against eq6c of arXiv:2602.20646v1, as a theorem over Q.
    Written by verify export -to coq. What the names mean is in Cascade.v. *)

From Coq Require Import QArith List.
From Cascade Require Import Cascade Kernel.
Import ListNotations.
Open Scope Q_scope.

Definition the_case : case :=
  {| chain := [Linear 1 2; Affine 2 3; Fixed [[1; (-2)]; [(-1 # 2); (3 # 4)]]; Bias 4; Scale 5; Square 6; HalfSq 7; Bilinear 8];
     x := [1; 0];
     w := [[2]; []; [(1 # 3)]];
     delta_law := [(1%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])]); (2%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])]); (3%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])])];
     eps_law := [(2%nat, [((1 # 5), [(-1)]); ((1 # 5), [0]); ((1 # 5), [1]); ((1 # 5), [2]); ((1 # 5), [3])]); (8%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])])] |}.

Theorem left_side : same_matrix (fst (equation_sides Eq6c the_case)) [[1; 2]; [3; 4]] = true.
Proof. idtac; vm_compute; reflexivity. Qed.

Theorem right_side : match snd (equation_sides Eq6c the_case) with
  | Some m => same_matrix m [[0; (-1)]] = true
  | None => False
  end.
Proof. idtac; vm_compute; reflexivity. Qed.

Theorem refuted : ~ equation_holds Eq6c.
Proof. apply (accepted_refutes_equation Eq6c the_case); vm_compute; reflexivity. Qed.

Print Assumptions refuted.

(* the decision *)
let s := equation_sides Eq6c ({| chain := [Linear 1 2; Affine 2 3; Fixed [[1; (-2)]; [(-1 # 2); (3 # 4)]]; Bias 4; Scale 5; Square 6; HalfSq 7; Bilinear 8]; x := [1; 0]; w := [[2]; []; [(1 # 3)]]; delta_law := [(1%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])]); (2%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])]); (3%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])])]; eps_law := [(2%nat, [((1 # 5), [(-1)]); ((1 # 5), [0]); ((1 # 5), [1]); ((1 # 5), [2]); ((1 # 5), [3])]); (8%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])])] |}) in accepts_equation Eq6c ({| chain := [Linear 1 2; Affine 2 3; Fixed [[1; (-2)]; [(-1 # 2); (3 # 4)]]; Bias 4; Scale 5; Square 6; HalfSq 7; Bilinear 8]; x := [1; 0]; w := [[2]; []; [(1 # 3)]]; delta_law := [(1%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])]); (2%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])]); (3%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])])]; eps_law := [(2%nat, [((1 # 5), [(-1)]); ((1 # 5), [0]); ((1 # 5), [1]); ((1 # 5), [2]); ((1 # 5), [3])]); (8%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])])] |}) && same_matrix (fst s) [[1; 2]; [3; 4]] &&
  same_matrix (match snd s with Some m => m | None => fst s end) [[0; (-1)]]
