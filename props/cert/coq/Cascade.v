(** * What a reader has to believe

    This file states, over the rational numbers Q, what arXiv:2602.20646v1 (Kong, Zhang, Yuan,
    2026) says about one pair of passes (4) and (5), as props/cert/FORMAT.md restates it. It has
    definitions alone. Kernel.v proves that what its function [accepts] accepts refutes the
    statement [holds]; nothing there has to be believed, Coq has checked it. A certificate is a
    file that names a case and ends with [~ holds claim reading].

    Rational data lose nothing: a rational case that meets A3 at the rational points of a box
    meets it at the real ones, by continuity of polynomials, so what is refuted over Q is refuted
    over R.

    [Qred] writes a fraction in lowest terms and does not change its value; it keeps the
    computation short. [==], [<=] and [<] are those of numbers, not of fractions. *)

From Coq Require Import QArith List Bool Arith.
Import ListNotations.
Open Scope Q_scope.

(** ** Sums and vectors *)

Definition vec := list Q.

Fixpoint sum {A : Type} (l : list A) (f : A -> Q) : Q :=
  match l with
  | [] => 0
  | a :: r => Qred (f a + sum r f)
  end.

Definition below (n : nat) : list nat := seq 0 n.              (* 0, ..., n-1 *)
Definition between (a b : nat) : list nat := seq a (S b - a).  (* a, ..., b; empty for b < a *)

Definition get (v : vec) (k : nat) : Q := nth k v 0.
Definition sq (a : Q) : Q := Qred (a * a).
Definition norm2 (v : vec) : Q := sum v sq.                    (* |v|^2, Euclidean *)
Definition zeros (n : nat) : vec := repeat 0 n.

Fixpoint zip (f : Q -> Q -> Q) (a b : vec) : vec :=
  match a, b with
  | p :: a', q :: b' => Qred (f p q) :: zip f a' b'
  | _, _ => []
  end.

Definition add : vec -> vec -> vec := zip Qplus.
Definition minus : vec -> vec -> vec := zip Qminus.
Definition power (a : Q) (k : nat) : Q := Qred (Qpower a (Z.of_nat k)).

(** ** Polynomials and their derivatives

    [derivative_is] in Kernel.v: p(z + h d) = p(z) + h sum_k d_k (d/dz_k p)(z) + O(h^2). *)

Inductive poly :=
| Const (c : Q)
| Var (k : nat)
| Plus (p q : poly)
| Times (p q : poly).

Fixpoint value (z : nat -> Q) (p : poly) : Q :=
  match p with
  | Const c => c
  | Var k => z k
  | Plus p q => Qred (value z p + value z q)
  | Times p q => Qred (value z p * value z q)
  end.

Fixpoint derivative (k : nat) (p : poly) : poly :=
  match p with
  | Const _ => Const 0
  | Var j => Const (if (j =? k)%nat then 1 else 0)
  | Plus p q => Plus (derivative k p) (derivative k q)
  | Times p q => Plus (Times (derivative k p) q) (Times p (derivative k q))
  end.

Definition total (l : list poly) : poly := fold_right Plus (Const 0) l.

(** ** Operators f(x, w), FORMAT.md, section 3

    The variables of an operator are x_0, x_1, ... and after them w_0, w_1, ... *)

Inductive op :=
| Linear (n m : nat)          (* W x, W in R^{m x n}, row by row *)
| Affine (n m : nat)          (* W x + b, W and then b *)
| Fixed (a : list vec)        (* A x, rows of A *)
| Bias (n : nat)              (* x + w *)
| Scale (n : nat)             (* w o x *)
| Square (n : nat)            (* x o x *)
| HalfSq (n : nat)            (* |x|^2/2 *)
| Bilinear (n : nat).         (* <x,w>^2 + |x|^2/2 *)

Definition inputs (o : op) : nat :=
  match o with
  | Fixed a => length (hd [] a)
  | Linear n _ | Affine n _ | Bias n | Scale n | Square n | HalfSq n | Bilinear n => n
  end.

Definition weights_of (o : op) : nat :=
  match o with
  | Linear n m => n * m
  | Affine n m => n * m + m
  | Bias n | Scale n | Bilinear n => n
  | Fixed _ | Square _ | HalfSq _ => 0
  end.

Definition row_times_x (n j : nat) : list poly :=
  map (fun k => Times (Var k) (Var (n + j * n + k))) (below n).

Definition half_square (n : nat) : list poly :=
  map (fun k => Times (Const (1 # 2)) (Times (Var k) (Var k))) (below n).

Definition outputs (o : op) : list poly :=
  match o with
  | Linear n m => map (fun j => total (row_times_x n j)) (below m)
  | Affine n m => map (fun j => total (row_times_x n j ++ [Var (n + n * m + j)])) (below m)
  | Fixed a => map (fun row => total (map (fun k => Times (Const (get row k)) (Var k)) (below (inputs o)))) a
  | Bias n => map (fun k => Plus (Var k) (Var (n + k))) (below n)
  | Scale n => map (fun k => Times (Var k) (Var (n + k))) (below n)
  | Square n => map (fun k => Times (Var k) (Var k)) (below n)
  | HalfSq n => [total (half_square n)]
  | Bilinear n =>
      [total (half_square n ++
              flat_map (fun k => map (fun j => Times (Times (Var k) (Var j)) (Times (Var (n + k)) (Var (n + j))))
                                     (below n)) (below n))]
  end.

Definition variables (o : op) : list nat := below (inputs o + weights_of o).
Definition of_x (o : op) : list nat := below (inputs o).
Definition of_w (o : op) : list nat := seq (inputs o) (weights_of o).

(** The point (x, w). *)
Definition point (x w : vec) : nat -> Q := let z := x ++ w in get z.

Definition apply (o : op) (x w : vec) : vec :=
  let z := point x w in map (value z) (outputs o).

(** J^T v, for the Jacobian by the variables vars. *)
Definition pullback (o : op) (vars : list nat) (x w v : vec) : vec :=
  let z := point x w in
  let rows := combine (outputs o) v in
  map (fun k => sum rows (fun r => Qred (value z (derivative k (fst r)) * snd r))) vars.

(** ** A case: operators, input, weights, and independent finite laws of the errors *)

Definition law := list (Q * vec).  (* outcomes with their probabilities *)

Record case := {
  chain : list op;
  x : vec;
  w : list vec;                    (* weights of each operator *)
  delta_law : list (nat * law);    (* by site 1..N; a site without a law is 0 *)
  eps_law : list (nat * law)       (* by site 2..N *)
}.

Definition N (c : case) : nat := length (chain c).
Definition operator (c : case) (i : nat) : op := nth (i - 1) (chain c) (Bias 0).
Definition weight (c : case) (i : nat) : vec := nth (i - 1) (w c) [].

Definition law_at (laws : list (nat * law)) (i width : nat) : law :=
  match find (fun s => (fst s =? i)%nat) laws with
  | Some s => snd s
  | None => [(1, zeros width)]
  end.

(** The sites in the order of drawing: delta_1, ..., delta_N, eps_N, ..., eps_2. *)
Definition sites (c : case) : list law :=
  map (fun i => law_at (delta_law c) i (length (outputs (operator c i)))) (between 1 (N c)) ++
  map (fun i => law_at (eps_law c) i (inputs (operator c i))) (rev (between 2 (N c))).

(** All errors of a pass, site by site. *)
Definition errors := list vec.

Definition delta (e : errors) (i : nat) : vec := nth (i - 1) e [].
Definition eps (c : case) (e : errors) (i : nat) : vec := nth (2 * N c - i) e [].

Definition no_errors (c : case) : errors :=
  map (fun i => zeros (length (outputs (operator c i)))) (between 1 (N c)) ++
  map (fun i => zeros (inputs (operator c i))) (rev (between 2 (N c))).

Fixpoint joint (s : list law) : list (Q * errors) :=
  match s with
  | [] => [(1, [])]
  | l :: r => flat_map (fun o => map (fun t => (Qred (fst o * fst t), snd o :: snd t)) (joint r)) l
  end.

Definition outcomes (c : case) : list (Q * errors) := joint (sites c).

(** ** The passes (5); with no errors they are (4) *)

(** (5a): Y_0 = x, Y_i = f_i(Y_{i-1}, w_i) + delta_i. *)
Fixpoint Y (c : case) (e : errors) (i : nat) : vec :=
  match i with
  | O => x c
  | S j => add (apply (operator c i) (Y c e j) (weight c i)) (delta e i)
  end.

(** (5b): V_N = 1, V_{i-1} = J1_i(Y_{i-1}, w_i)^T V_i + eps_i; here V_{N-k}. *)
Fixpoint V_from_end (c : case) (e : errors) (k : nat) : vec :=
  match k with
  | O => [1]
  | S k' =>
      let i := (N c - k')%nat in
      let o := operator c i in
      add (pullback o (of_x o) (Y c e (i - 1)) (weight c i) (V_from_end c e k')) (eps c e i)
  end.

Definition V (c : case) (e : errors) (i : nat) : vec := V_from_end c e (N c - i).

(** (5c): U_i = J2_i(Y_{i-1}, w_i)^T V_i. *)
Definition U (c : case) (e : errors) (i : nat) : vec :=
  let o := operator c i in pullback o (of_w o) (Y c e (i - 1)) (weight c i) (V c e i).

(** J2_i(Y_{i-1}, w_i), all entries. *)
Definition J2 (c : case) (e : errors) (i : nat) : vec :=
  let o := operator c i in
  let z := point (Y c e (i - 1)) (weight c i) in
  flat_map (fun p => map (fun k => value z (derivative k p)) (of_w o)) (outputs o).

Definition y (c : case) := Y c (no_errors c).
Definition v (c : case) := V c (no_errors c).
Definition u (c : case) := U c (no_errors c).

(** A case is well formed when widths fit, the last one is 1, and laws are laws. *)
Definition widths_fit (c : case) : bool :=
  (2 <=? N c)%nat && (length (w c) =? N c)%nat && (length (x c) =? inputs (operator c 1))%nat &&
  forallb (fun i => (length (weight c i) =? weights_of (operator c i))%nat) (between 1 (N c)) &&
  forallb (fun i => (length (outputs (operator c i)) =? inputs (operator c (i + 1)))%nat) (between 1 (N c - 1)) &&
  (length (outputs (operator c (N c))) =? 1)%nat &&
  forallb (fun o => match o with
                    | Fixed a => forallb (fun row => (length row =? inputs o)%nat) a
                    | _ => true
                    end) (chain c).

Definition is_law (l : law) (width : nat) : bool :=
  forallb (fun o => negb (Qle_bool (fst o) 0) && (length (snd o) =? width)%nat) l && Qeq_bool (sum l fst) 1.

Definition laws_fit (c : case) : bool :=
  forallb (fun s => (1 <=? fst s)%nat && (fst s <=? N c)%nat) (delta_law c) &&
  forallb (fun s => (2 <=? fst s)%nat && (fst s <=? N c)%nat) (eps_law c) &&
  forallb (fun i => is_law (law_at (delta_law c) i (length (outputs (operator c i))))
                           (length (outputs (operator c i)))) (between 1 (N c)) &&
  forallb (fun i => is_law (law_at (eps_law c) i (inputs (operator c i))) (inputs (operator c i))) (between 2 (N c)).

Definition well_formed (c : case) : Prop := widths_fit c = true /\ laws_fit c = true.

(** ** Expectations, plain and conditional *)

Definition E (c : case) (f : errors -> Q) : Q := sum (outcomes c) (fun o => Qred (fst o * f (snd o))).

Fixpoint same (a b : vec) : bool :=
  match a, b with
  | [], [] => true
  | p :: a', q :: b' => Qeq_bool p q && same a' b'
  | _, _ => false
  end.

(** Two outcomes agree on the first k sites. *)
Definition agree (k : nat) (e e' : errors) : bool :=
  forallb (fun s => same (nth s e []) (nth s e' [])) (below k).

(** E[f | the errors at the first k sites] where they are those of e, for a vector f. Knowing
    these errors is knowing the states that they lead to. *)
Definition given (c : case) (k : nat) (f : errors -> vec) (e : errors) : vec :=
  let event := filter (fun o => agree k e (snd o)) (outcomes c) in
  let drawn := map (fun o => (fst o, f (snd o))) event in
  let p := sum event fst in
  map (fun j => Qred (sum drawn (fun o => Qred (fst o * get (snd o) j)) / p)) (below (length (f e))).

(** E|E[f | the first k sites]|^2. *)
Definition mean2 (c : case) (k : nat) (f : errors -> vec) : Q := E c (fun e => norm2 (given c k f e)).

(** How many sites the conditional mean of delta_i and Y_i, of V_i, and of eps_i knows. *)
Inductive reading := Literal | Past | Total.

Definition sites_of_Y (r : reading) (i : nat) : nat :=
  match r with Literal => i | Past => i - 1 | Total => 0 end.

Definition sites_of_V (c : case) (r : reading) (i : nat) : nat :=
  if (i =? N c)%nat then 0 else match r with Literal => 2 * N c - i | Past => 2 * N c - i - 1 | Total => 0 end.

Definition sites_of_eps (c : case) (r : reading) (i : nat) : nat :=
  match r with Total => 0 | _ => 2 * N c - i end.

(** ** Assumption A3 on the boxes of the visited states *)

Record constants := { C : Q; C2 : Q; Lf : Q; L1 : Q; L2 : Q }.

Definition least (l : vec) : Q := fold_right (fun a m => if Qle_bool a m then a else m) (hd 0 l) l.
Definition largest (l : vec) : Q := fold_right (fun a m => if Qle_bool m a then a else m) (hd 0 l) l.

(** The box of operator i: for each input the interval of what it is in the exact pass and in the
    perturbed passes of all outcomes, and the weights. It is convex. *)
Definition box (c : case) (i : nat) : list (Q * Q) :=
  let visited := map (fun e => Y c e (i - 1)) (no_errors c :: map snd (outcomes c)) in
  map (fun k => let l := map (fun s => get s k) visited in (least l, largest l)) (of_x (operator c i)) ++
  map (fun a => (a, a)) (weight c i).

Definition in_box (b : list (Q * Q)) (z : nat -> Q) : Prop :=
  (forall k, (k < length b)%nat -> fst (nth k b (0, 0)) <= z k /\ z k <= snd (nth k b (0, 0))) /\
  (forall k, (length b <= k)%nat -> z k == 0).

(** |M(z) a|^2 <= c^2 |a|^2 for every a, M(z) with these rows and so many columns. *)
Definition norm_at_most (rows : list (list poly)) (columns : nat) (z : nat -> Q) (c : Q) : Prop :=
  forall a : nat -> Q,
    sum rows (fun row => sq (sum (below columns) (fun k => value z (nth k row (Const 0)) * a k)))
    <= sq c * sum (below columns) (fun k => sq (a k)).

(** |F(z') - F(z)|^2 <= c^2 |z' - z|^2, both by their components. *)
Definition close (F : list poly) (vars : list nat) (z z' : nat -> Q) (c : Q) : Prop :=
  sum F (fun p => sq (value z' p - value z p)) <= sq c * sum vars (fun k => sq (z' k - z k)).

Definition gradient (o : op) : list poly :=
  flat_map (fun p => map (fun k => derivative k p) (variables o)) (outputs o).
Definition hessian (o : op) : list poly :=
  flat_map (fun p => map (fun k => derivative k p) (variables o)) (gradient o).
Definition jacobian (o : op) (vars : list nat) : list (list poly) :=
  map (fun p => map (fun k => derivative k p) vars) (outputs o).
(** grad^2_21 f as (8) to (10) read it: a row for each component of f, a column for each pair. *)
Definition mixed (o : op) : list (list poly) :=
  map (fun p => flat_map (fun a => map (fun b => derivative b (derivative a p)) (of_x o)) (of_w o)) (outputs o).

Definition all_positive (k : constants) : Prop := 0 < C k /\ 0 < C2 k /\ 0 < Lf k /\ 0 < L1 k /\ 0 < L2 k.

Definition regular (o : op) (b : list (Q * Q)) (k : constants) : Prop :=
  (forall z, in_box b z ->
     norm_at_most (jacobian o (of_x o)) (inputs o) z (C k) /\
     norm_at_most (jacobian o (of_w o)) (weights_of o) z (C k) /\
     norm_at_most (mixed o) (weights_of o * inputs o) z (C2 k)) /\
  (forall z z', in_box b z -> in_box b z' ->
     ((forall j, (inputs o <= j)%nat -> z' j == z j) -> close (outputs o) (of_x o) z z' (Lf k)) /\
     close (gradient o) (variables o) z z' (L1 k) /\
     close (hessian o) (variables o) z z' (L2 k)).

Definition A3 (c : case) (k : constants) : Prop :=
  all_positive k /\ forall i, (1 <= i <= N c)%nat -> regular (operator c i) (box c i) k.

(** ** The statements, FORMAT.md, section 6 *)

Section Sides.

Variables (c : case) (k : constants) (r : reading) (i : nat).

Definition n := N c.
Definition dY (j : nat) (e : errors) := minus (Y c e j) (y c j).
Definition dV (j : nat) (e : errors) := minus (V c e j) (v c j).
Definition dU (j : nat) (e : errors) := minus (U c e j) (u c j).

Definition second (f : errors -> vec) := E c (fun e => norm2 (f e)).
Definition fourth (f : errors -> vec) := E c (fun e => sq (norm2 (f e))).

Definition y2 (j : nat) := second (dY j).
Definition y4 (j : nat) := fourth (dY j).
Definition v2 (j : nat) := second (dV j).
Definition u2 (j : nat) := second (dU j).
Definition d2 (j : nat) := second (fun e => delta e j).
Definition d4 (j : nat) := fourth (fun e => delta e j).
Definition e2 (j : nat) := second (fun e => eps c e j).
Definition um (j : nat) := mean2 c 0 (dU j).                                 (* |E[U_j-u_j]|^2 *)
Definition dm (j : nat) := mean2 c (sites_of_Y r j) (fun e => delta e j).    (* E|E^{G_j}[delta_j]|^2 *)
Definition em (j : nat) := mean2 c (sites_of_eps c r j) (fun e => eps c e j). (* E|E^{H_j}[eps_j]|^2 *)
Definition ym (j : nat) := mean2 c (sites_of_Y r j) (dY j).                  (* E|E^{G_j}[Y_j-y_j]|^2 *)
Definition vm_in (r' : reading) (j : nat) := mean2 c (sites_of_V c r' j) (dV j).
Definition vm := vm_in r.                                                    (* E|E^{H_j}[V_j-v_j]|^2 *)
Definition fm (j : nat) := mean2 c (sites_of_Y r j) (fun e => minus (dY j e) (delta e j)).
Definition bm (j : nat) := mean2 c (sites_of_eps c r (j + 1)) (fun e => minus (dV j e) (eps c e (j + 1))).

Definition c2 := sq (C k).
Definition cc2 := sq (C2 k).
Definition l1 := sq (L1 k).
Definition l2 := sq (L2 k).
Definition lf := sq (Lf k).
Definition cv2 := let p := power c2 n in if Qle_bool p 1 then 1 else p.      (* max(1, C^{2N}) *)
Definition S_ (j : nat) := sum (between 0 j) (power (3 * c2)).
Definition B_ (j : nat) := sum (between 1 j) (power (3 * c2)).
Definition W_ (j : nat) (q : Q) := sum (between j (n - 1)) (fun a => S_ a * power q (a - j)).
Definition Cy (j : nat) := 8 * cc2 * l1 * cv2 * W_ (j + 1) (4 * c2) + 2 * l2 * cv2 * S_ j.
Definition Ct (j : nat) := 8 * sum (between j (n - 1)) (fun a => Cy a * power (8 * sq lf) (a - j)).

Definition inner (f : nat -> Q) := sum (between 1 (n - 1)) f.                (* i = 1..N-1 *)
Definition every (f : nat -> Q) := sum (between 1 n) f.                      (* i = 1..N *)

Definition all_u2 := every u2.
Definition all_um := every um.
Definition forward (j : nat) := 4 * cv2 * cc2 * ym j + 2 * cv2 * l2 * y4 j.
Definition right18a := 2 * lf * y2 (i - 1) + 2 * d2 i.
Definition right18b (j : nat) := 2 * sum (between 1 j) (fun a => power (2 * lf) (j - a) * d2 a).
Definition right17a := 3 * c2 * v2 (i + 1) + 3 * cv2 * l1 * y2 i + 3 * e2 (i + 1).
Definition right17b :=
  3 * cv2 * l1 * sum (between i (n - 1)) (fun j => power (3 * c2) (j - i) * y2 j) +
  3 * sum (between i (n - 1)) (fun j => power (3 * c2) (j - i) * e2 (j + 1)).
Definition right19 := 2 * cv2 * l1 * inner (fun j => S_ j * y2 j) + 2 * inner (fun j => B_ j * e2 (j + 1)).
Definition right20 := 2 * cv2 * l1 * inner (fun j => S_ j * right18b j) + inner (fun j => B_ j * e2 (j + 1)).
Definition right13 :=
  inner (fun j => 4 * cv2 * l1 * W_ j (2 * lf) * d2 j) + inner (fun j => B_ j * e2 (j + 1)).
Definition with_first (a : Q) :=
  inner (fun j => 8 * a * cv2 * W_ j (4 * c2) * dm j) + inner (fun j => Ct j * d4 j) +
  inner (fun j => 2 * B_ j * em (j + 1)).
Definition right23 := with_first l2.
Definition right28a := vm_in (match r with Literal => Past | _ => r end) i.
Definition right28b := 3 * c2 * vm (i + 1) + 6 * cv2 * cc2 * ym i + 3 * cv2 * l2 * y4 (i - 1) + 3 * em (i + 1).
Definition right28m := (3 # 2) * bm i + 3 * em (i + 1).
Definition right28c :=
  3 * sum (between i (n - 1)) (fun j =>
        power (3 * c2) (j - i) * (2 * cv2 * cc2 * ym j + cv2 * l2 * y4 j + em (j + 1))).
Definition right29m := 2 * fm i + 2 * dm i.
Definition right29 := 4 * c2 * ym (i - 1) + 2 * l1 * y4 (i - 1) + 2 * dm i.
Definition right29b :=
  2 * l1 * sum (between 1 (i - 1)) (fun j => power (4 * c2) (i - j - 1) * y4 j) +
  2 * sum (between 1 i) (fun j => power (4 * c2) (i - j) * dm j).
Definition right30a := 8 * sq lf * y4 (i - 1) + 8 * d4 i.

(** 6.3: the largest, over delta_i (i = 1..N-1) and eps_i (i = 2..N-1), of the least |d|^2 that a
    site can have. *)
Definition largest_error :=
  let size (f : errors -> vec) := least (map (fun o => norm2 (f (snd o))) (outcomes c)) in
  largest (0 :: map (fun j => size (fun e => delta e j)) (between 1 (n - 1)) ++
                map (fun j => size (fun e => eps c e j)) (between 2 (n - 1))).

End Sides.

(** Lemma 2 is about one event: the errors before Y_{i-1}, which are those of e. *)
Definition J2_change (c : case) (r : reading) (i : nat) (e : errors) : Q :=
  norm2 (given c (sites_of_Y r (i - 1)) (fun e' => minus (J2 c e' i) (J2 c (no_errors c) i)) e).
Definition right22 (c : case) (k : constants) (r : reading) (i : nat) (e : errors) : Q :=
  let s := sites_of_Y r (i - 1) in
  2 * sq (C2 k) * norm2 (given c s (dY c (i - 1)) e) +
  sq (L2 k) * get (given c s (fun e' => [sq (norm2 (dY c (i - 1) e'))]) e) 0.

Inductive claim :=
| Lemma1 | Eq12 | Eq14a | Eq14b | Eq15 | Eq16 | Eq17a | Eq17b | Eq18a | Eq18b | Eq19 | Eq20 | Eq20_derivation
| Thm1 | Lemma2 | Eq24 | Eq26 | Eq27 | Eq28a | Eq28b | Eq28m | Eq28n | Eq28c | Eq29m | Eq29n | Eq29 | Eq29b
| Eq30a | Eq30b | Eq31 | Eq32 | Disp33 | Thm2.

(** Left and right side, at index i and, in Lemma 2, in the event of e. *)
Definition sides (q : claim) (c : case) (k : constants) (r : reading) (i : nat) (e : errors) : Q * Q :=
  let m := (N c - 1)%nat in
  match q with
  | Lemma1 => (norm2 (v c i), cv2 c k)
  | Eq12 => (norm2 (v c i), power (c2 k) (N c - i))
  | Eq14a => (u2 c (N c), l1 k * y2 c m)
  | Eq14b => (l1 k * y2 c m, 2 * cv2 c k * l2 k * y2 c m)
  | Eq15 => (u2 c i, 2 * c2 k * v2 c i + 2 * cv2 c k * l1 k * y2 c (i - 1))
  | Eq16 => (all_u2 c, 2 * c2 k * inner c (v2 c) + 2 * cv2 c k * l1 k * inner c (y2 c))
  | Eq17a => (v2 c i, right17a c k i)
  | Eq17b => (right17a c k i, right17b c k i)
  | Eq18a => (y2 c i, right18a c k i)
  | Eq18b => (right18a c k i, right18b c k i)
  | Eq19 => (all_u2 c, right19 c k)
  | Eq20 => (all_u2 c, right20 c k)
  | Eq20_derivation => (right19 c k, right20 c k)
  | Thm1 => (all_u2 c, right13 c k)
  | Lemma2 => (J2_change c r i e, right22 c k r i e)
  | Eq24 => (um c (N c), forward c k r m)
  | Eq26 => (um c i, 2 * c2 k * vm c r i + forward c k r (i - 1))
  | Eq27 => (all_um c, inner c (fun j => 2 * c2 k * vm c r j + forward c k r j))
  | Eq28a => (vm c r i, right28a c r i)
  | Eq28b => (right28a c r i, right28b c k r i)
  | Eq28m => (right28a c r i, right28m c r i)
  | Eq28n => (right28m c r i, right28b c k r i)
  | Eq28c => (vm c r i, right28c c k r i)
  | Eq29m => (ym c r i, right29m c r i)
  | Eq29n => (right29m c r i, right29 c k r i)
  | Eq29 => (ym c r i, right29 c k r i)
  | Eq29b => (ym c r i, right29b c k r i)
  | Eq30a => (y4 c i, right30a c k i)
  | Eq30b => (right30a c k i, 8 * sum (between 1 i) (fun j => power (8 * sq (lf k)) (i - j) * d4 c j))
  | Eq31 => (all_um c, inner c (fun j => S_ k j * forward c k r j) + inner c (fun j => 2 * B_ k j * em c r (j + 1)))
  | Eq32 => (4 * cc2 k * cv2 c k * inner c (fun j => S_ k j * ym c r j),
             8 * cc2 k * cv2 c k * inner c (fun j => W_ c k j (4 * c2 k) * dm c r j) +
             8 * cc2 k * l1 k * cv2 c k * sum (between 1 (N c - 2)) (fun j => W_ c k (j + 1) (4 * c2 k) * y4 c j))
  | Disp33 => (all_um c, with_first c k r (cc2 k))
  | Thm2 => (all_um c, right23 c k r)
  end.

(** The range of the index of a claim; a claim without one is the same at each. *)
Definition has_index (q : claim) (c : case) (i : nat) : Prop :=
  (1 <= i)%nat /\
  (i <= match q with
        | Eq15 | Eq17a | Eq17b | Eq26 | Eq28a | Eq28b | Eq28m | Eq28n | Eq28c => N c - 1
        | _ => N c
        end)%nat.

(** What the paper says: in every case, under A3, the left side is at most the right one. *)
Definition holds (q : claim) (r : reading) : Prop :=
  forall c k i e,
    well_formed c -> A3 c k -> has_index q c i -> In e (map snd (outcomes c)) ->
    fst (sides q c k r i e) <= snd (sides q c k r i e).

(** 6.3 says that with some constant an error of O(1) makes |U-u|^2 as large. *)
Definition spike_holds : Prop :=
  exists K : Q, forall c k, well_formed c -> A3 c k -> largest_error c <= K * all_u2 c.

(** ** (6) and the display before (12): linear networks, no delta, eps of one outcome *)

Definition matrix := list vec.
Definition outer (a b : vec) : matrix := map (fun p => map (fun q => Qred (p * q)) b) a.
Definition column (a : vec) : matrix := map (fun p => [p]) a.
Definition rows (width : nat) (a : vec) : matrix :=
  map (fun j => map (fun l => get a (j * width + l)) (below width)) (below (length a / width)).
Definition transpose (m : matrix) : matrix :=
  map (fun j => map (fun row => get row j) m) (below (length (hd [] m))).
Definition times (a b : matrix) : matrix :=
  map (fun row => map (fun col => sum (combine row col) (fun t => Qred (fst t * snd t))) (transpose b)) a.
Definition weight_matrix (c : case) (i : nat) : matrix := rows (inputs (operator c i)) (weight c i).

Definition is_linear (o : op) : bool := match o with Linear _ _ => true | _ => false end.

(** The one outcome there is. *)
Definition the_errors (c : case) : errors := snd (hd (0, []) (outcomes c)).

Inductive equation := Eq6a | Eq6b | Eq6c | Disp12.

Definition eps_of (q : equation) (c : case) (i : nat) : bool :=
  match q with Eq6a | Disp12 => false | Eq6b => true | Eq6c => (i =? N c)%nat end.

(** W_1^T ... W_{N-1}^T a, as the text prints the order. *)
Definition through_all (c : case) (a : vec) : vec :=
  fold_right (fun i b => map (fun row => get row 0) (times (transpose (weight_matrix c i)) (column b)))
             a (between 1 (N c - 1)).

(** W_N^T ... W_3^T W_2^T from the left, nothing where factors do not fit together. *)
Definition reversed_product (c : case) : option matrix :=
  fold_left (fun m i =>
      match m with
      | Some a => let b := transpose (weight_matrix c i) in
                  if (length (hd [] a) =? length b)%nat then Some (times a b) else None
      | None => None
      end) (rev (between 2 (N c - 1))) (Some (transpose (weight_matrix c (N c)))).

Definition equation_sides (q : equation) (c : case) : matrix * option matrix :=
  let e := the_errors c in
  match q with
  | Eq6a => (outer (v c 1) (x c), Some (outer (v c 1) (v c 1)))
  | Eq6b => (rows (length (x c)) (U c e 1), Some (outer (V c e 1) (v c 1)))
  | Eq6c => (rows (length (x c)) (minus (U c e 1) (u c 1)), Some (outer (through_all c (eps c e (N c))) (x c)))
  | Disp12 => (column (v c 1), reversed_product c)
  end.

Fixpoint same_matrix (a b : matrix) : bool :=
  match a, b with
  | [], [] => true
  | p :: a', q :: b' => same p q && same_matrix a' b'
  | _, _ => false
  end.

Definition linear_case (q : equation) (c : case) : bool :=
  forallb is_linear (chain c) && (length (delta_law c) =? 0)%nat &&
  forallb (fun s => (length (snd s) =? 1)%nat && eps_of q c (fst s)) (eps_law c).

Definition equation_holds (q : equation) : Prop :=
  forall c, well_formed c -> linear_case q c = true ->
    match snd (equation_sides q c) with
    | Some m => same_matrix (fst (equation_sides q c)) m = true
    | None => False
    end.

(** ** Runs, FORMAT.md, section 5: T steps on one sample with laws of one outcome; sigma = 0 *)

Definition with_weights (c : case) (w' : list vec) : case :=
  {| chain := chain c; x := x c; w := w'; delta_law := delta_law c; eps_law := eps_law c |}.

(** All weights, numbered through: those of operator i begin at [first_weight c i]. *)
Definition first_weight (c : case) (i : nat) : nat :=
  fold_right (fun j n => (weights_of (operator c j) + n)%nat) 0%nat (between 1 (i - 1)).
Definition all_weights (c : case) : nat := first_weight c (N c + 1).
Definition weights_from (c : case) (z : nat -> Q) (i : nat) : vec :=
  map (fun k => z (first_weight c i + k)%nat) (below (weights_of (operator c i))).
Definition at_weights (c : case) (z : nat -> Q) : case :=
  with_weights c (map (weights_from c z) (between 1 (N c))).

(** l(w) = F(x; w) = y_N, and its gradient: all u_i. *)
Definition loss (c : case) : Q := get (y c (N c)) 0.
Definition grad (c : case) : vec := flat_map (u c) (between 1 (N c)).

(** A1, l* and A4, over all weights z. *)
Definition A1 (c : case) (l : Q) : Prop := 0 < l /\
  forall z z', norm2 (minus (grad (at_weights c z')) (grad (at_weights c z)))
               <= sq l * sum (below (all_weights c)) (fun k => sq (z' k - z k)).
Definition never_below (c : case) (low : Q) : Prop := forall z, low <= loss (at_weights c z).
Definition attained (c : case) (low : Q) : Prop := exists z, loss (at_weights c z) == low.
Definition A4 (c : case) (m low : Q) : Prop := 0 < m /\
  forall z, 2 * m * (loss (at_weights c z) - low) <= norm2 (grad (at_weights c z)).

(** (5d) without a regularizer; the cases at w^0, ..., w^{T-1}, and that at w^T. *)
Definition next (g : Q) (c : case) : case :=
  let e := the_errors c in
  with_weights c (map (fun i => zip (fun a b => Qred (a - g * b)) (weight c i) (U c e i)) (between 1 (N c))).
Fixpoint path (g : Q) (c : case) (steps : nat) : list case :=
  match steps with O => [] | S t => c :: path g (next g c) t end.
Fixpoint after (g : Q) (c : case) (steps : nat) : case :=
  match steps with O => c | S t => after g (next g c) t end.

(** A3 along the run: the boxes have all that is visited, and all weights. *)
Definition run_box (c : case) (cs : list case) (i : nat) : list (Q * Q) :=
  let visited := flat_map (fun d => map (fun e => Y d e (i - 1)) (no_errors d :: map snd (outcomes d))) cs in
  map (fun k => let l := map (fun s => get s k) visited in (least l, largest l)) (of_x (operator c i)) ++
  map (fun k => let l := map (fun d => get (weight d i) k) cs in (least l, largest l))
      (below (weights_of (operator c i))).
Definition A3_along (c : case) (cs : list case) (k : constants) : Prop :=
  all_positive k /\ forall i, (1 <= i <= N c)%nat -> regular (operator c i) (run_box c cs i) k.

Record run := { start : case; gamma : Q; steps : nat; smooth : Q; low : Q; pl : Q }. (* g, T, L, l*, mu *)

Inductive run_claim := Eq41 | Eq41_derivation | Thm4 | Thm5.

Definition error2 (c : case) : Q :=
  sum (between 1 (N c)) (fun i => norm2 (minus (U c (the_errors c) i) (u c i))).

Section Run.

Variables (R : run) (k : constants) (r : reading).

Definition cases := path (gamma R) (start R) (steps R).
Definition T := inject_Z (Z.of_nat (steps R)).
Definition D0 := loss (start R) - low R.
Definition last_gap := loss (after (gamma R) (start R) (steps R)) - low R.
Definition q := Qred (1 - pl R * gamma R / 3).
(** sum over t < T of q^{T-t-less} f(w^t). *)
Definition weighted (less : nat) (f : case -> Q) :=
  sum (combine (below (steps R)) cases) (fun a => power q (steps R - fst a - less) * f (snd a)).
Definition of_error := smooth R * sq (gamma R) + gamma R / 2.
Definition from_start := power q (steps R) * D0.

Definition run_sides (claimed : run_claim) : Q * Q :=
  match claimed with
  | Eq41 => (last_gap, from_start + of_error * weighted 0 error2)
  | Eq41_derivation => (from_start + of_error * weighted 1 error2, from_start + of_error * weighted 0 error2)
  | Thm4 => (sum cases (fun d => norm2 (grad d)) / T,
             6 * D0 / (gamma R * T) + 6 * smooth R * gamma R * sum cases (fun d => right13 d k) / T
             + 3 * sum cases (fun d => right23 d k r) / T)
  | Thm5 => (last_gap,
             from_start + weighted 0 (fun d => smooth R * sq (gamma R) * right13 d k + gamma R / 2 * right23 d k r))
  end.

End Run.

(** What (37), (38) and (41) say of such runs; the derivation is the step from (40) to (41). *)
Definition run_holds (claimed : run_claim) (r : reading) : Prop :=
  forall R k,
    well_formed (start R) -> length (outcomes (start R)) = 1%nat -> (1 <= steps R)%nat ->
    (claimed = Thm4 \/ claimed = Thm5 -> A3_along (start R) (cases R) k) ->
    A1 (start R) (smooth R) -> 0 < gamma R -> 3 * smooth R * gamma R <= 1 -> never_below (start R) (low R) ->
    (claimed <> Thm4 -> attained (start R) (low R) /\ A4 (start R) (pl R) (low R)) ->
    fst (run_sides R k r claimed) <= snd (run_sides R k r claimed).
