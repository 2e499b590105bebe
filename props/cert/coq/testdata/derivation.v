(** A certificate against eq20, derivation, literal reading of arXiv:2602.20646v1, as a theorem over Q.
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

Definition the_constants : constants :=
  {| C := 1; C2 := 2; Lf := 3; L1 := 4; L2 := (1 # 5) |}.

Theorem assumption_A3 : A3 the_case the_constants.
Proof. apply A3_ok_sound; vm_compute; reflexivity. Qed.

Theorem both_sides : let s := sides Eq20_derivation the_case the_constants Literal 2 (outcome the_case 150) in
  fst s == (-7) /\ snd s == (5 # 6).
Proof. apply sides_are_sound; vm_compute; reflexivity. Qed.

Theorem refuted : ~ holds Eq20_derivation Literal.
Proof. apply (accepted_refutes Eq20_derivation the_case the_constants Literal 2 150); vm_compute; reflexivity. Qed.

Print Assumptions refuted.

(* the decision *)
let c := ({| chain := [Linear 1 2; Affine 2 3; Fixed [[1; (-2)]; [(-1 # 2); (3 # 4)]]; Bias 4; Scale 5; Square 6; HalfSq 7; Bilinear 8]; x := [1; 0]; w := [[2]; []; [(1 # 3)]]; delta_law := [(1%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])]); (2%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])]); (3%nat, [((1 # 2), [(-1)]); ((1 # 2), [0])])]; eps_law := [(2%nat, [((1 # 5), [(-1)]); ((1 # 5), [0]); ((1 # 5), [1]); ((1 # 5), [2]); ((1 # 5), [3])]); (8%nat, [((1 # 3), [(-1)]); ((1 # 3), [0]); ((1 # 3), [1])])] |}) in let k := {| C := 1; C2 := 2; Lf := 3; L1 := 4; L2 := (1 # 5) |} in accepts Eq20_derivation c k Literal 2 150 &&
  sides_are (sides Eq20_derivation c k Literal 2 (outcome c 150)) (-7) (5 # 6)
