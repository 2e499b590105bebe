(** * Saved activations that are not exact: three conjectures refuted over Q

    bounds/PROOFS.md, (5.16), and the certificates sa5, sa6 and sa7. Operators are of one number.
    Everything that has to be believed is in the definitions below; nothing of the other files is
    used. *)

From Coq Require Import QArith Qabs List Lqa.
Import ListNotations.
Open Scope Q_scope.

(** ** Operators and passes *)

(** w y, y^2, y^2/2, and (w y)^2 + y^2/2. *)
Inductive op := Scale (w : Q) | Square | Halfsq | Bilinear (w : Q).

Definition value (o : op) (y : Q) : Q :=
  match o with
  | Scale w => w * y
  | Square => y * y
  | Halfsq => y * y / 2
  | Bilinear w => w * y * (w * y) + y * y / 2
  end.

Definition by_y (o : op) (y : Q) : Q :=
  match o with
  | Scale w => w
  | Square => 2 * y
  | Halfsq => y
  | Bilinear w => 2 * w * w * y + y
  end.

(** 0 for an operator without weights. *)
Definition by_w (o : op) (y : Q) : Q :=
  match o with
  | Scale _ => y
  | Bilinear w => 2 * w * y * y
  | _ => 0
  end.

(** V of the input and U of each operator: an exact forward pass from y, a backward pass that reads
    y_{i-1} + zeta_i, with V_N = 1. *)
Fixpoint pass (ops : list op) (y : Q) (zeta : list Q) : Q * list Q :=
  match ops, zeta with
  | o :: ops', z :: zeta' =>
      let (v, u) := pass ops' (value o y) zeta' in (by_y o (y + z) * v, by_w o (y + z) * v :: u)
  | _, _ => (1, [])
  end.

Definition total (l : list Q) : Q := fold_right Qplus 0 l.
Definition opposite : list Q -> list Q := map Qopp.

(** U - u. *)
Definition error (ops : list op) (x : Q) (zeta : list Q) : list Q :=
  map (fun p => fst p - snd p)
    (combine (snd (pass ops x zeta)) (snd (pass ops x (map (fun _ => 0) zeta)))).

(** zeta is z or -z, with probability 1/2 each: |E[U-u]|^2 and E|U-u|^2. *)
Definition bias (ops : list op) (x : Q) (z : list Q) : Q :=
  total (map (fun p => let m := (fst p + snd p) / 2 in m * m)
    (combine (error ops x z) (error ops x (opposite z)))).
Definition square_error (ops : list op) (x : Q) (z : list Q) : Q :=
  (total (map (fun e => e * e) (error ops x z)) + total (map (fun e => e * e) (error ops x (opposite z)))) / 2.

(** ** sa5: curvature of a Jacobian makes a bias *)

(** zeta_1 = +-1 alone. *)
Theorem sa5_refuted : bias [Bilinear (1 # 2); Square] (1 # 2) [1; 0] == 9 # 64.
Proof. vm_compute. reflexivity. Qed.

(** In general: J2 = 2 w y^2 is wrong by 2 w s^2 on average. *)
Theorem curved w y s : (by_w (Bilinear w) (y + s) + by_w (Bilinear w) (y - s)) / 2 - by_w (Bilinear w) y == 2 * w * s * s.
Proof. unfold by_w. field. Qed.

(** ** sa6: dependence makes a bias where all Jacobians are affine in the input *)

Theorem sa6_refuted : bias [Scale 0; Halfsq] 1 [1; 1] == 1.
Proof. vm_compute. reflexivity. Qed.

(** In general: two factors y + zeta with the same zeta = +-s have the mean y y' + s^2, and with
    independent ones y y'. *)
Theorem together y y' s : ((y + s) * (y' + s) + (y - s) * (y' - s)) / 2 == y * y' + s * s.
Proof. field. Qed.
Theorem alone y y' s s' :
  ((y + s) * (y' + s') + (y - s) * (y' + s') + (y + s) * (y' - s') + (y - s) * (y' - s')) / 4 == y * y'.
Proof. field. Qed.

(** ** sa7: what is drawn together adds up like numbers *)

Definition one_layer : list op := [Scale 1; Halfsq].
Definition equal_layers : list op := [Scale 1; Halfsq; Halfsq].

(** sum_{i<=N} C^{2(N-i)} L1^2 sum_{j>=i} E|zeta_j|^2 for zeta_1 = zeta_2 = +-s: i = 1, 2. *)
Definition bound_of_two (c l1 s : Q) : Q := c * c * (l1 * l1) * (2 * (s * s)) + l1 * l1 * (s * s).

(** sum_{i<=N} C^{2(N-i)} L1^2 sum_{j>=i} E|zeta_j|^2 for zeta_2 = zeta_3 = +-s: i = 1, 2, 3. *)
Definition independent_bound (c l1 s : Q) : Q :=
  c * c * (c * c) * (l1 * l1) * (2 * (s * s)) + c * c * (l1 * l1) * (2 * (s * s)) + l1 * l1 * (s * s).

(** C and L1 are constants of A3 on the hulls: all are read at 2 - s .. 2 + s, or at 2. *)
Definition constants_hold (c l1 s : Q) : Prop :=
  (forall y, Qabs (by_y (Scale 1) y) <= c) /\
  (forall y, 2 - s <= y -> y <= 2 + s -> Qabs (by_w (Scale 1) y) <= c) /\
  (forall y, 2 - s <= y -> y <= 2 + s -> Qabs (by_y Halfsq y) <= c) /\
  (forall y y', Qabs (by_w (Scale 1) y - by_w (Scale 1) y') <= l1 * Qabs (y - y')) /\
  (forall y y', Qabs (by_y Halfsq y - by_y Halfsq y') <= l1 * Qabs (y - y')).

Lemma constants s : 0 < s -> s <= 1 -> constants_hold (2 + s) 1 s.
Proof.
  intros P S. unfold constants_hold, by_y, by_w. repeat split.
  - intros y. apply Qabs_Qle_condition. split; lra.
  - intros y A B. apply Qabs_Qle_condition. split; lra.
  - intros y A B. apply Qabs_Qle_condition. split; lra.
  - intros y y'. setoid_replace (1 * Qabs (y - y')) with (Qabs (y - y')) by ring. apply Qle_refl.
  - intros y y'. setoid_replace (1 * Qabs (y - y')) with (Qabs (y - y')) by ring. apply Qle_refl.
Qed.

(** The left side for every s. *)
Lemma left_side s : square_error equal_layers 2 [0; s; s] == 64 * (s * s) + 4 * (s * s) * (s * s).
Proof. unfold square_error, equal_layers, error, opposite, pass, by_w, by_y, value, total. simpl. field. Qed.

(** The certificate, s = 1/4: both operators read 2 with the same error. *)
Theorem sa7_refuted :
  square_error one_layer 2 [1 # 4; 1 # 4] == 257 # 256 /\
  bound_of_two (9 # 4) 1 (1 # 4) == 89 # 128 /\
  constants_hold (2 + (1 # 4)) 1 (1 # 4) /\ 89 # 128 < 257 # 256.
Proof.
  split; [vm_compute; reflexivity | split; [vm_compute; reflexivity | split]].
  - apply constants; lra.
  - reflexivity.
Qed.

(** The second layer read with it too, and scale exactly: every s up to 1/16. *)
Theorem sa7_for_all s : 0 < s -> s <= 1 # 16 ->
  constants_hold (2 + s) 1 s /\ independent_bound (2 + s) 1 s < square_error equal_layers 2 [0; s; s].
Proof.
  intros P S. split.
  - apply constants; lra.
  - rewrite left_side. unfold independent_bound.
    assert (B : (2 + s) * (2 + s) <= 1089 # 256) by nra.
    assert (B2 : (2 + s) * (2 + s) * ((2 + s) * (2 + s)) <= (1089 # 256) * (1089 # 256)) by nra.
    assert (P2 : 0 < s * s) by nra.
    nra.
Qed.

Definition proved := (sa5_refuted, curved, sa6_refuted, together, alone, sa7_refuted, sa7_for_all).
Print Assumptions proved.
