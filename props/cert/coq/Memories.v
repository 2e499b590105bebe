(** * Two counterexamples about memories for activations, as theorems over Q

    bounds/PROOFS.md, (5.10) and (5.13). Everything that has to be believed is in the definitions
    below; nothing of the other files is used. *)

From Coq Require Import QArith Qabs Qfield List Bool Lqa.
Import ListNotations.
Open Scope Q_scope.

Definition total (l : list Q) : Q := fold_right Qplus 0 l.

(** ** One backward memory for all samples

    y = x w at w = 1, f(y) = 0.75 y^2 - 2.5 y, x = 1 or 2 with probability 1/2 each. What is sent is
    v + e where its size is at least 0.9, else 0; e keeps the rest. *)

Definition v (x : Q) : Q := (3 # 2) * x - (5 # 2).
Definition sent (e x : Q) : Q := if Qle_bool (9 # 10) (Qabs (v x + e)) then v x + e else 0.
Definition kept (e x : Q) : Q := v x + e - sent e x.

Definition memories : list Q := [0; 1 # 2; - (1 # 2)].
Definition law : list Q := [4 # 7; 2 # 7; 1 # 7].
Definition moves (e e' : Q) : Q :=
  total (map (fun x => if Qeq_bool (kept e x) e' then 1 # 2 else 0) [1; 2]).

(** No other memory is reached, and from each of them 0 is, in one step: the law that
    does not change is the only one. *)
Theorem stays : forallb (fun e => forallb (fun x => existsb (Qeq_bool (kept e x)) memories) [1; 2]) memories = true.
Proof. vm_compute. reflexivity. Qed.

Theorem returns : forallb (fun e => existsb (fun x => Qeq_bool (kept e x) 0) [1; 2]) memories = true.
Proof. vm_compute. reflexivity. Qed.

Theorem stationary :
  total law == 1 /\
  map (fun e' => Qred (total (map (fun t => snd t * moves (fst t) e') (combine memories law)))) memories = law.
Proof. split; vm_compute; reflexivity. Qed.

(** The gradient is 0, and the mean of U = x (what is sent) is not. *)
Theorem exact_mean : (1 * v 1 + 2 * v 2) / 2 == 0.
Proof. vm_compute. reflexivity. Qed.

Theorem one_memory_is_biased :
  total (map (fun t => snd t * ((1 * sent (fst t) 1 + 2 * sent (fst t) 2) / 2)) (combine memories law)) == - (3 # 28).
Proof. vm_compute. reflexivity. Qed.

(** ** Forward curvature

    l(w) = w^2/2 + k w^3/6, y = w; what is sent is +-s/2, and e keeps the rest. *)

Definition slope (k w : Q) : Q := w + k * w * w / 2.
Definition stands (k s : Q) : Q := - (k * s * s / 8).

(** With Y^2 = s^2/4 the step is error feedback, but of (w - stands)^2/2: for z = w - g e *)
Theorem another_objective k s g w e y : y * y == s * s / 4 ->
  let e' := w + e - y in let w' := w - g * slope k y in
  (w' - g * e') - stands k s == (1 - g) * ((w - g * e) - stands k s) - g * g * e.
Proof.
  intros H e' w'. unfold w', e', slope, stands.
  assert (K : k * y * y / 2 == k * s * s / 8).
  { transitivity (k * (y * y) / 2); [field|]. rewrite H. field. }
  rewrite K. field.
Qed.

(** e and |w + e| stay where they are for |w| <= s/2. *)
Theorem memory_stays s w e y : - (s / 2) <= w -> w <= s / 2 -> - (s / 2) <= e -> e <= s / 2 ->
  (0 <= w + e /\ y == s / 2) \/ (w + e <= 0 /\ y == - (s / 2)) ->
  - (s / 2) <= w + e - y /\ w + e - y <= s / 2.
Proof. intros W1 W2 E1 E2 [[P Y]|[P Y]]; rewrite Y; lra. Qed.

Theorem plateau k s : slope k (stands k s) == - (k * s * s / 8 * (1 - k * k * s * s / 16)).
Proof. unfold slope, stands. field. Qed.

(** k = s = 1 at w = -1/8: over a cycle of 8 visits U sums to 0 and the memory comes back, where
    grad l = -15/128. *)
Fixpoint visits (n : nat) (w e u : Q) : Q * Q :=
  match n with
  | O => (Qred e, Qred u)
  | S m => let y := if Qle_bool 0 (w + e) then 1 # 2 else - (1 # 2) in visits m w (Qred (w + e - y)) (Qred (u + slope 1 y))
  end.

Theorem a_cycle : visits 8 (- (1 # 8)) 0 0 = (0, 0).
Proof. vm_compute. reflexivity. Qed.

Theorem a_plateau : slope 1 (- (1 # 8)) == - (15 # 128).
Proof. vm_compute. reflexivity. Qed.

Definition proved := (stays, returns, stationary, exact_mean, one_memory_is_biased, another_objective, memory_stays,
  plateau, a_cycle, a_plateau).
Print Assumptions proved.
