(** * The checker of runs, and the proof that what it accepts refutes the statement

    Nothing here has to be believed, as in Kernel.v: the loss and its gradient are polynomials of
    all weights, found by putting polynomials into polynomials; A1, l* and A4 are quadratic forms
    in (1, w) that are never negative, by a factorization L D L^T. *)

From Coq Require Import QArith Qabs List Bool Arith Lia Lqa Setoid.
From Cascade Require Import Cascade Kernel.
Import ListNotations.
Open Scope Q_scope.

Local Arguments Qred : simpl never.
Local Arguments Qplus : simpl never.
Local Arguments Qmult : simpl never.
Local Arguments Qminus : simpl never.
Local Arguments Qopp : simpl never.

(** ** Numbers that are the values of polynomials *)

Definition has (z : nat -> Q) (a : Q) (p : poly) : Prop := a == value z p.
Notation all_have z := (Forall2 (has z)).

Fixpoint put (f : nat -> poly) (p : poly) : poly :=
  match p with
  | Const c => Const c
  | Var k => f k
  | Plus a b => Plus (put f a) (put f b)
  | Times a b => Times (put f a) (put f b)
  end.

Lemma value_put z f p : value z (put f p) == value (fun k => value z (f k)) p.
Proof. induction p; simpl; rewrite ?Qred_correct, ?IHp1, ?IHp2; reflexivity. Qed.

Lemma have_get z v P : all_have z v P -> forall k, get v k == value z (nth k P (Const 0)).
Proof.
  induction 1 as [|a p v P H _ IH]; intros [|k]; simpl; try reflexivity.
  - exact H.
  - apply IH.
Qed.

Lemma have_length z v P : all_have z v P -> length v = length P.
Proof. induction 1; simpl; congruence. Qed.

Lemma have_map {A} z (f : A -> Q) (g : A -> poly) l :
  (forall a, In a l -> has z (f a) (g a)) -> all_have z (map f l) (map g l).
Proof.
  induction l as [|a l IH]; intros H; constructor.
  - apply H. left. reflexivity.
  - apply IH. intros b Hb. apply H. right. exact Hb.
Qed.

Lemma have_flat_map {A} z (f : A -> vec) (g : A -> list poly) l :
  (forall a, In a l -> all_have z (f a) (g a)) -> all_have z (flat_map f l) (flat_map g l).
Proof.
  induction l as [|a l IH]; intros H; [constructor|]. simpl. apply Forall2_app.
  - apply H. left. reflexivity.
  - apply IH. intros b Hb. apply H. right. exact Hb.
Qed.

Lemma add_zeros z v P : all_have z v P -> all_have z (add v (zeros (length v))) P.
Proof.
  induction 1 as [|a p v P H _ IH]; simpl; constructor; [|exact IH].
  unfold has in *. rewrite Qred_correct, <- H. ring.
Qed.

Lemma value_total z l : value z (total l) == sum l (value z).
Proof. induction l as [|p l IH]; [reflexivity|]. simpl. rewrite !Qred_correct, IH. reflexivity. Qed.

(** ** The passes without errors as polynomials of all weights *)

Section Composite.

Variables (c : case) (z : nat -> Q).

Definition cz := at_weights c z.
Definition weight_vars (i : nat) : list poly :=
  map (fun k => Var (first_weight c i + k)) (below (weights_of (operator c i))).

Fixpoint states (i : nat) : list poly :=
  match i with
  | O => map Const (x c)
  | S j => map (put (fun m => nth m (states j ++ weight_vars i) (Const 0))) (outputs (operator c i))
  end.

Definition args (i : nat) (m : nat) : poly := nth m (states (i - 1) ++ weight_vars i) (Const 0).

Definition pulled (i : nat) (vars : list nat) (v : list poly) : list poly :=
  let rows := combine (outputs (operator c i)) v in
  map (fun k => total (map (fun r => Times (put (args i) (derivative k (fst r))) (snd r)) rows)) vars.

Fixpoint back (k : nat) : list poly :=
  match k with
  | O => [Const 1]
  | S k' => let i := (N c - k')%nat in pulled i (of_x (operator c i)) (back k')
  end.

Definition gradients (i : nat) : list poly := pulled i (of_w (operator c i)) (back (N c - i)).
Definition loss_poly : poly := nth 0 (states (N c)) (Const 0).
Definition grad_polys : list poly := flat_map gradients (between 1 (N c)).

Lemma no_delta i : (1 <= i <= N c)%nat -> delta (no_errors cz) i = zeros (length (outputs (operator c i))).
Proof.
  intros H. unfold delta, no_errors. change (N cz) with (N c).
  rewrite app_nth1 by (rewrite map_length; unfold between; rewrite seq_length; lia).
  rewrite nth_indep with (d' := zeros (length (outputs (operator cz 0))))
    by (rewrite map_length; unfold between; rewrite seq_length; lia).
  rewrite (map_nth (fun j => zeros (length (outputs (operator cz j))))).
  unfold between. rewrite seq_nth by lia. replace (1 + (i - 1))%nat with i by lia. reflexivity.
Qed.

Lemma no_eps i : (2 <= i <= N c)%nat -> eps cz (no_errors cz) i = zeros (inputs (operator c i)).
Proof.
  intros H. unfold eps, no_errors. change (N cz) with (N c).
  rewrite app_nth2 by (rewrite map_length; unfold between; rewrite seq_length; lia).
  rewrite map_length. unfold between at 1. rewrite seq_length.
  rewrite nth_indep with (d' := zeros (inputs (operator cz 0)))
    by (rewrite map_length, rev_length; unfold between; rewrite seq_length; lia).
  rewrite (map_nth (fun j => zeros (inputs (operator cz j)))).
  rewrite rev_nth by (unfold between; rewrite seq_length; lia).
  unfold between. rewrite seq_length, seq_nth by lia.
  replace (2 + (S (N c) - 2 - S (2 * N c - i - (S (N c) - 1))))%nat with i by lia. reflexivity.
Qed.

Lemma weight_at i : (1 <= i <= N c)%nat -> weight cz i = weights_from c z i.
Proof.
  intros H. unfold weight, cz, at_weights, with_weights. simpl.
  rewrite nth_indep with (d' := weights_from c z 0) by (rewrite map_length; unfold between; rewrite seq_length; lia).
  rewrite map_nth. unfold between. rewrite seq_nth by lia. f_equal. lia.
Qed.

Lemma weights_have i : (1 <= i <= N c)%nat -> all_have z (weight cz i) (weight_vars i).
Proof.
  intros H. rewrite weight_at by exact H. apply have_map. intros k _. reflexivity.
Qed.

Lemma point_has i v : (1 <= i <= N c)%nat -> all_have z v (states (i - 1)) ->
  forall k, point v (weight cz i) k == value z (args i k).
Proof.
  intros H V k. unfold point, args. apply have_get. apply Forall2_app; [exact V|]. apply weights_have. exact H.
Qed.

Lemma states_have i : (i <= N c)%nat -> all_have z (y cz i) (states i).
Proof.
  induction i as [|j IH]; intros H.
  - simpl. unfold y. simpl. induction (x c); constructor; [reflexivity|assumption].
  - unfold y in *. cbn [Y states]. change (operator cz (S j)) with (operator c (S j)).
    rewrite no_delta by lia.
    assert (V : all_have z (apply (operator c (S j)) (Y cz (no_errors cz) j) (weight cz (S j)))
                           (map (put (fun m => nth m (states j ++ weight_vars (S j)) (Const 0))) (outputs (operator c (S j))))).
    { unfold apply. apply have_map. intros p _. unfold has. rewrite value_put. apply value_ext. intros k.
      pose proof (point_has (S j) (Y cz (no_errors cz) j) ltac:(lia)) as P.
      replace (S j - 1)%nat with j in P by lia. unfold args in P. replace (S j - 1)%nat with j in P by lia.
      apply P. apply IH. lia. }
    pose proof (have_length _ _ _ V) as L. rewrite map_length in L. rewrite <- L. apply add_zeros. exact V.
Qed.

Lemma pulled_have i vars v P : (1 <= i <= N c)%nat -> all_have z v P ->
  all_have z (pullback (operator c i) vars (y cz (i - 1)) (weight cz i) v) (pulled i vars P).
Proof.
  intros H V. unfold pullback, pulled. apply have_map. intros k _. unfold has. rewrite value_total, sum_map.
  assert (Z : forall p, value (point (y cz (i - 1)) (weight cz i)) p == value z (put (args i) p)).
  { intros p. rewrite value_put. apply value_ext. intros m. apply point_has; [exact H|]. apply states_have. lia. }
  generalize (outputs (operator c i)). induction V as [|a p v P A _ IH]; intros [|f F]; try reflexivity.
  simpl combine. rewrite !sum_cons, IH. unfold has in A. simpl. rewrite !Qred_correct, <- Z, <- A. reflexivity.
Qed.

Lemma back_have k : (k < N c)%nat -> all_have z (V_from_end cz (no_errors cz) k) (back k).
Proof.
  induction k as [|k IH]; intros H.
  - constructor; [reflexivity|constructor].
  - cbn [V_from_end back]. change (N cz) with (N c). set (i := (N c - k)%nat).
    change (operator cz i) with (operator c i). rewrite no_eps by (unfold i; lia).
    pose proof (pulled_have i (of_x (operator c i)) (V_from_end cz (no_errors cz) k) (back k)
                  ltac:(unfold i; lia) (IH ltac:(lia))) as P.
    pose proof (add_zeros _ _ _ P) as Q'. unfold pullback at 2 in Q'. rewrite map_length in Q'.
    unfold of_x at 2, below in Q'. rewrite seq_length in Q'. exact Q'.
Qed.

Lemma grad_has : all_have z (grad cz) grad_polys.
Proof.
  unfold grad, grad_polys. change (N cz) with (N c). apply have_flat_map. intros i Hi. apply in_between in Hi.
  unfold u, U, gradients, V. change (N cz) with (N c). change (operator cz i) with (operator c i).
  apply pulled_have; [exact Hi|]. apply back_have. lia.
Qed.

Lemma loss_has : loss cz == value z loss_poly.
Proof. unfold loss, loss_poly. change (N cz) with (N c). apply have_get. apply states_have. lia. Qed.

End Composite.

(** ** Quadratic forms in (1, z_0, ..., z_{n-1}) *)

Definition one_and (z : nat -> Q) (k : nat) : Q := match k with O => 1 | S j => z j end.

Section Forms.

Variable n : nat. (* variables *)

Definition size := S n.
Definition form (m : list vec) (z : nat -> Q) : Q :=
  sum (below size) (fun i => sum (below size) (fun j => entry m i j * (one_and z i * one_and z j))).
Definition line (a : vec) (z : nat -> Q) : Q := sum (below size) (fun k => get a k * one_and z k).

Definition tabulate (f : nat -> Q) : vec := map (fun k => Qred (f k)) (below size).
Definition table (f : nat -> nat -> Q) : list vec := map (fun i => tabulate (f i)) (below size).

Lemma get_tabulate f k : (k < size)%nat -> get (tabulate f) k == f k.
Proof. intros H. unfold get, tabulate. rewrite nth_map_below by exact H. apply Qred_correct. Qed.

Lemma entry_table f i j : (i < size)%nat -> (j < size)%nat -> entry (table f) i j == f i j.
Proof. intros Hi Hj. unfold entry, table. rewrite nth_map_below by exact Hi. apply get_tabulate. exact Hj. Qed.

Definition constant (v : vec) : bool := forallb (fun k => Qeq_bool (get v k) 0) (seq 1 n).
Definition zero (v : vec) : bool := forallb (fun k => Qeq_bool (get v k) 0) (below size).

Fixpoint affine (p : poly) : option vec :=
  match p with
  | Const a => Some (tabulate (fun k => if (0 =? k)%nat then a else 0))
  | Var j => if (j <? n)%nat then Some (tabulate (fun k => if (S j =? k)%nat then 1 else 0)) else None
  | Plus a b =>
      match affine a, affine b with
      | Some u, Some v => Some (tabulate (fun k => get u k + get v k))
      | _, _ => None
      end
  | Times a b =>
      match affine a, affine b with
      | Some u, Some v =>
          if constant u then Some (tabulate (fun k => get u 0 * get v k))
          else if constant v then Some (tabulate (fun k => get v 0 * get u k)) else None
      | Some u, None => if zero u then Some (tabulate (fun _ => 0)) else None
      | None, Some v => if zero v then Some (tabulate (fun _ => 0)) else None
      | None, None => None
      end
  end.

Fixpoint quadratic (p : poly) : option (list vec) :=
  match affine p with
  | Some v => Some (table (fun i j => if (0 =? i)%nat then get v j else 0))
  | None =>
    match p with
    | Plus a b =>
        match quadratic a, quadratic b with
        | Some u, Some v => Some (table (fun i j => entry u i j + entry v i j))
        | _, _ => None
        end
    | Times a b =>
        match affine a, affine b with
        | Some u, Some v => Some (table (fun i j => get u i * get v j))
        | Some u, None =>
            if constant u then
              match quadratic b with Some m => Some (table (fun i j => get u 0 * entry m i j)) | None => None end
            else None
        | None, Some v =>
            if constant v then
              match quadratic a with Some m => Some (table (fun i j => get v 0 * entry m i j)) | None => None end
            else None
        | None, None => None
        end
    | _ => None
    end
  end.

Lemma line_tabulate f z : line (tabulate f) z == sum (below size) (fun k => f k * one_and z k).
Proof. apply sum_ext. intros k Hk. apply in_below in Hk. rewrite get_tabulate by exact Hk. reflexivity. Qed.

Lemma form_table f z :
  form (table f) z == sum (below size) (fun i => sum (below size) (fun j => f i j * (one_and z i * one_and z j))).
Proof.
  apply sum_ext. intros i Hi. apply sum_ext. intros j Hj. apply in_below in Hi. apply in_below in Hj.
  rewrite entry_table by assumption. reflexivity.
Qed.

Lemma constant_line v z : constant v = true -> line v z == get v 0.
Proof.
  unfold constant. rewrite forallb_forall. intros H. unfold line.
  transitivity (sum (below size) (fun k => (if (0 =? k)%nat then 1 else 0) * (get v k * one_and z k))).
  - apply sum_ext. intros [|k] Hk; [simpl; ring|]. apply in_below in Hk. unfold size in Hk.
    assert (Z : get v (S k) == 0) by (apply Qeq_bool_iff, H, in_seq; lia). rewrite Z. simpl. ring.
  - rewrite sum_pick by (apply seq_NoDup || (apply in_below; unfold size; lia)). simpl. ring.
Qed.

Lemma zero_line v z : zero v = true -> line v z == 0.
Proof.
  unfold zero. rewrite forallb_forall. intros H. apply sum_zero. intros k Hk.
  assert (Z : get v k == 0) by (apply Qeq_bool_iff, H; exact Hk). rewrite Z. ring.
Qed.

Lemma line_times a v z : line (tabulate (fun k => a * get v k)) z == a * line v z.
Proof. rewrite line_tabulate. unfold line. rewrite <- sum_times. apply sum_ext. intros k _. ring. Qed.

Lemma line_nothing z : line (tabulate (fun _ => 0)) z == 0.
Proof. rewrite line_tabulate. apply sum_zero. intros. ring. Qed.

Lemma form_times a m z : form (table (fun i j => a * entry m i j)) z == a * form m z.
Proof.
  rewrite form_table. unfold form. rewrite <- sum_times. apply sum_ext. intros i _. rewrite <- sum_times.
  apply sum_ext. intros j _. ring.
Qed.

Lemma affine_sound z p : forall v, affine p = Some v -> value z p == line v z.
Proof.
  induction p as [a|j|a IHa b IHb|a IHa b IHb]; intros v H; cbn [affine] in H.
  - injection H as <-. rewrite line_tabulate.
    transitivity (sum (below size) (fun k => (if (0 =? k)%nat then 1 else 0) * (a * one_and z k))).
    + rewrite sum_pick by (apply seq_NoDup || (apply in_below; unfold size; lia)). simpl. ring.
    + apply sum_ext. intros [|k] _; simpl; ring.
  - destruct (Nat.ltb_spec j n) as [L|L]; [|discriminate]. injection H as <-. rewrite line_tabulate.
    transitivity (one_and z (S j)); [reflexivity|]. symmetry.
    apply (sum_pick (below size) (S j) (one_and z)); [apply seq_NoDup|apply in_below; unfold size; lia].
  - destruct (affine a) as [u|]; [|discriminate]. destruct (affine b) as [w|]; [|discriminate].
    injection H as <-. rewrite line_tabulate. cbn [value]. rewrite Qred_correct, (IHa u), (IHb w) by reflexivity.
    unfold line. rewrite <- sum_plus. apply sum_ext. intros k _. ring.
  - destruct (affine a) as [u|], (affine b) as [w|]; try discriminate; cbn [value]; rewrite Qred_correct.
    + rewrite (IHa u), (IHb w) by reflexivity. destruct (constant u) eqn:Cu.
      * injection H as <-. rewrite line_times, (constant_line u) by exact Cu. reflexivity.
      * destruct (constant w) eqn:Cw; [|discriminate]. injection H as <-.
        rewrite line_times, (constant_line w) by exact Cw. ring.
    + rewrite (IHa u) by reflexivity. destruct (zero u) eqn:Zu; [|discriminate]. injection H as <-.
      rewrite line_nothing, zero_line by exact Zu. ring.
    + rewrite (IHb w) by reflexivity. destruct (zero w) eqn:Zw; [|discriminate]. injection H as <-.
      rewrite line_nothing, (zero_line w) by exact Zw. ring.
Qed.

Lemma affine_form z v :
  form (table (fun i j => if (0 =? i)%nat then get v j else 0)) z == line v z.
Proof.
  rewrite form_table.
  transitivity (sum (below size) (fun i => (if (0 =? i)%nat then 1 else 0) * (one_and z i * line v z))).
  - apply sum_ext. intros i _. unfold line. destruct (0 =? i)%nat.
    + rewrite <- !sum_times. apply sum_ext. intros j _. ring.
    + rewrite (sum_zero (below size)) by (intros; ring). ring.
  - rewrite sum_pick by (apply seq_NoDup || (apply in_below; unfold size; lia)). simpl. ring.
Qed.

Lemma quadratic_sound z p : forall m, quadratic p = Some m -> value z p == form m z.
Proof.
  induction p as [a|j|a IHa b IHb|a IHa b IHb]; intros m H; cbn [quadratic] in H;
    match type of H with
    | match affine ?q with _ => _ end = _ => destruct (affine q) as [v|] eqn:A
    end;
    try (injection H as <-; rewrite affine_form; apply affine_sound; exact A); try discriminate.
  - destruct (quadratic a) as [u|]; [|discriminate]. destruct (quadratic b) as [w|]; [|discriminate].
    injection H as <-. rewrite form_table. cbn [value]. rewrite Qred_correct, (IHa u), (IHb w) by reflexivity.
    unfold form. rewrite <- sum_plus. apply sum_ext. intros i _. rewrite <- sum_plus. apply sum_ext. intros j _. ring.
  - destruct (affine a) as [u|] eqn:Aa, (affine b) as [w|] eqn:Ab; try discriminate; cbn [value]; rewrite Qred_correct.
    + injection H as <-. rewrite form_table, (affine_sound z a u Aa), (affine_sound z b w Ab). unfold line.
      rewrite sum_product. apply sum_ext. intros i _. apply sum_ext. intros j _. ring.
    + destruct (constant u) eqn:Cu; [|discriminate]. destruct (quadratic b) as [m'|]; [|discriminate].
      injection H as <-. rewrite form_times, (affine_sound z a u Aa), (constant_line u) by exact Cu.
      rewrite (IHb m') by reflexivity. reflexivity.
    + destruct (constant w) eqn:Cw; [|discriminate]. destruct (quadratic a) as [m'|]; [|discriminate].
      injection H as <-. rewrite form_times, (affine_sound z b w Ab), (constant_line w) by exact Cw.
      rewrite (IHa m') by reflexivity. ring.
Qed.

Lemma psd_nonneg g f k : is_psd g k f = true -> forall a : nat -> Q,
  0 <= sum (below k) (fun i => sum (below k) (fun j => entry g i j * (a i * a j))).
Proof.
  unfold is_psd. rewrite andb_true_iff, !forallb_forall. intros [Pos Same] a.
  assert (Eq : sum (below k) (fun i => sum (below k) (fun j => entry g i j * (a i * a j))) ==
               sum f (fun t => fst t * sq (sum (below k) (fun i => get (snd t) i * a i)))).
  { transitivity (sum (below k) (fun i => sum f (fun t => sum (below k) (fun j =>
        fst t * ((get (snd t) i * a i) * (get (snd t) j * a j)))))).
    - apply sum_ext. intros i Hi. rewrite sum_swap. apply sum_ext. intros j Hj.
      specialize (Same i Hi). rewrite forallb_forall in Same. specialize (Same j Hj). apply Qeq_bool_iff in Same.
      rewrite Same.
      rewrite (sum_ext f (fun t => Qred (fst t * Qred (get (snd t) i * get (snd t) j)))
                         (fun t => fst t * (get (snd t) i * get (snd t) j)))
        by (intros; rewrite !Qred_correct; reflexivity).
      rewrite Qmult_comm, <- sum_times. apply sum_ext. intros t _. ring.
    - rewrite sum_swap. apply sum_ext. intros t _. rewrite sum_square, <- sum_times. apply sum_ext. intros i _.
      rewrite <- sum_times. reflexivity. }
  rewrite Eq. apply sum_nonneg. intros t Ht. apply Qmult_le_0_compat.
  - apply Qle_bool_iff, Pos. exact Ht.
  - rewrite sq_is. apply square_nonneg.
Qed.

Definition never_negative (p : poly) : bool :=
  match quadratic p with
  | Some m => let s := table (fun i j => entry m i j + entry m j i) in is_psd s size (factors size 0 s)
  | None => false
  end.

Theorem never_negative_sound p : never_negative p = true -> forall z, 0 <= value z p.
Proof.
  unfold never_negative. destruct (quadratic p) as [m|] eqn:Q'; [|discriminate]. intros H z.
  rewrite (quadratic_sound z p m Q'). pose proof (psd_nonneg _ _ _ H (one_and z)) as P.
  assert (Twice : sum (below size) (fun i => sum (below size) (fun j =>
      entry (table (fun i j => entry m i j + entry m j i)) i j * (one_and z i * one_and z j))) == form m z + form m z).
  { transitivity (sum (below size) (fun i => sum (below size) (fun j => entry m i j * (one_and z i * one_and z j))) +
                  sum (below size) (fun i => sum (below size) (fun j => entry m j i * (one_and z i * one_and z j)))).
    - rewrite <- sum_plus. apply sum_ext. intros i Hi. rewrite <- sum_plus. apply sum_ext. intros j Hj.
      apply in_below in Hi. apply in_below in Hj. rewrite entry_table by assumption. ring.
    - apply Qplus_comp; [reflexivity|]. rewrite sum_swap. apply sum_ext. intros i _. apply sum_ext. intros j _. ring. }
  rewrite Twice in P. lra.
Qed.

End Forms.

(** ** A1, l* and A4 *)

Definition less (a b : poly) : poly := Plus a (Times (Const (-(1))) b).
Definition squares (l : list poly) : poly := total (map (fun p => Times p p) l).

Lemma value_less z a b : value z (less a b) == value z a - value z b.
Proof. unfold less. cbn [value]. rewrite !Qred_correct. ring. Qed.

Lemma value_squares z l : value z (squares l) == sum l (fun p => sq (value z p)).
Proof.
  unfold squares. rewrite value_total, sum_map. apply sum_ext. intros p _. cbn [value].
  rewrite Qred_correct, sq_is. reflexivity.
Qed.

Lemma norm2_have z v P : all_have z v P -> norm2 v == value z (squares P).
Proof.
  intros H. rewrite value_squares. unfold norm2. induction H as [|a p v P A _ IH]; [reflexivity|].
  rewrite !sum_cons, IH. unfold has in A. rewrite !sq_is, A. reflexivity.
Qed.

(** Two weights z and z' at once: the variables 2k and 2k+1. *)
Definition both (z z' : nat -> Q) (k : nat) : Q := if Nat.even k then z (Nat.div2 k) else z' (Nat.div2 k).
Definition at_first (p : poly) : poly := put (fun k => Var (2 * k)) p.
Definition at_second (p : poly) : poly := put (fun k => Var (2 * k + 1)) p.

Lemma both_first z z' k : both z z' (2 * k) = z k.
Proof.
  unfold both. rewrite Nat.even_mul. simpl Nat.even. simpl orb. rewrite Nat.div2_double. reflexivity.
Qed.

Lemma both_second z z' k : both z z' (2 * k + 1) = z' k.
Proof.
  unfold both. rewrite Nat.even_add, Nat.even_mul. simpl. replace (k + (k + 0) + 1)%nat with (S (2 * k)) by lia.
  rewrite Nat.div2_succ_double. reflexivity.
Qed.

Lemma value_first z z' p : value (both z z') (at_first p) == value z p.
Proof. unfold at_first. rewrite value_put. apply value_ext. intros k. cbn [value]. rewrite both_first. reflexivity. Qed.

Lemma value_second z z' p : value (both z z') (at_second p) == value z' p.
Proof. unfold at_second. rewrite value_put. apply value_ext. intros k. cbn [value]. rewrite both_second. reflexivity. Qed.

Definition A1_poly (c : case) (l : Q) : poly :=
  less (Times (Const (sq l))
              (squares (map (fun k => less (Var (2 * k + 1)) (Var (2 * k))) (below (all_weights c)))))
       (squares (map (fun p => less (at_second p) (at_first p)) (grad_polys c))).

Definition A1_ok (c : case) (l : Q) : bool :=
  negb (Qle_bool l 0) && never_negative (2 * all_weights c) (A1_poly c l).

Lemma norm2_minus z z' v v' P : all_have z v P -> all_have z' v' P ->
  norm2 (minus v' v) == sum P (fun p => sq (value z' p - value z p)).
Proof.
  intros H. revert v'. unfold norm2, minus. induction H as [|a p v P A _ IH]; intros v' H';
    inversion H' as [|a' ? v'' ? A' T']; subst.
  - reflexivity.
  - cbn [zip]. rewrite !sum_cons, (IH _ T'). unfold has in *. rewrite !sq_is, Qred_correct, A, A'. reflexivity.
Qed.

Lemma A1_ok_sound c l : A1_ok c l = true -> A1 c l.
Proof.
  unfold A1_ok. rewrite andb_true_iff. intros [P H]. split; [apply not_le_bool; exact P|]. intros z z'.
  pose proof (never_negative_sound _ _ H (both z z')) as B. unfold A1_poly in B.
  rewrite value_less in B. cbn [value] in B. rewrite Qred_correct, !value_squares, !sum_map in B.
  rewrite (norm2_minus z z' _ _ (grad_polys c) (grad_has c z) (grad_has c z')).
  rewrite (sum_ext (below (all_weights c)) (fun k => sq (z' k - z k))
             (fun k => sq (value (both z z') (less (Var (2 * k + 1)) (Var (2 * k)))))).
  2: { intros k _. rewrite !sq_is, value_less. cbn [value]. rewrite both_first, both_second. reflexivity. }
  rewrite (sum_ext (grad_polys c) (fun p => sq (value z' p - value z p))
             (fun p => sq (value (both z z') (less (at_second p) (at_first p))))).
  2: { intros p _. rewrite !sq_is, value_less, value_first, value_second. reflexivity. }
  lra.
Qed.

Definition never_below_ok (c : case) (m : Q) : bool :=
  never_negative (all_weights c) (less (loss_poly c) (Const m)).

Lemma never_below_ok_sound c m : never_below_ok c m = true -> never_below c m.
Proof.
  intros H z. pose proof (never_negative_sound _ _ H z) as B. rewrite value_less in B. cbn [value] in B.
  pose proof (loss_has c z) as E. unfold cz in E. rewrite E. lra.
Qed.

Definition A4_ok (c : case) (a m : Q) : bool :=
  negb (Qle_bool a 0) &&
  never_negative (all_weights c) (less (squares (grad_polys c)) (Times (Const (2 * a)) (less (loss_poly c) (Const m)))).

Lemma A4_ok_sound c a m : A4_ok c a m = true -> A4 c a m.
Proof.
  unfold A4_ok. rewrite andb_true_iff. intros [P H]. split; [apply not_le_bool; exact P|]. intros z.
  pose proof (never_negative_sound _ _ H z) as B. rewrite value_less in B. cbn [value] in B.
  rewrite Qred_correct, value_less in B. cbn [value] in B.
  pose proof (loss_has c z) as E. unfold cz in E. rewrite E.
  pose proof (norm2_have z _ _ (grad_has c z)) as G. unfold cz in G. rewrite G. lra.
Qed.

(** The minimum is attained at the weights of a list. *)
Definition attained_ok (c : case) (m : Q) (at_ : vec) : bool := Qeq_bool (loss (at_weights c (get at_))) m.

Lemma attained_ok_sound c m at_ : attained_ok c m at_ = true -> attained c m.
Proof. intros H. exists (get at_). apply Qeq_bool_iff. exact H. Qed.

Definition A3_along_ok (c : case) (cs : list case) (k : constants) : bool :=
  positive_ok k && forallb (fun i => regular_ok (operator c i) (run_box c cs i) k) (between 1 (N c)).

Lemma A3_along_ok_sound c cs k : A3_along_ok c cs k = true -> A3_along c cs k.
Proof.
  unfold A3_along_ok. rewrite andb_true_iff. intros [P R]. split.
  - unfold positive_ok in P. simpl in P. rewrite !andb_true_iff in P.
    destruct P as [P1 [P2 [P3 [P4 [P5 _]]]]]. repeat split; apply not_le_bool; assumption.
  - intros i Hi. apply regular_ok_sound. rewrite forallb_forall in R. apply R, in_between. exact Hi.
Qed.

(** ** What is accepted refutes *)

Definition under_A3 (q : run_claim) : bool := match q with Thm4 | Thm5 => true | _ => false end.
Definition under_A4 (q : run_claim) : bool := match q with Thm4 => false | _ => true end.

Definition accepts_run (q : run_claim) (R : run) (k : constants) (r : reading) (at_ : vec) : bool :=
  let c := start R in
  well_formed_ok c && (length (outcomes c) =? 1)%nat && (1 <=? steps R)%nat &&
  (if under_A3 q then A3_along_ok c (cases R) k else true) &&
  A1_ok c (smooth R) && negb (Qle_bool (gamma R) 0) && Qle_bool (3 * smooth R * gamma R) 1 &&
  never_below_ok c (low R) &&
  (if under_A4 q then attained_ok c (low R) at_ && A4_ok c (pl R) (low R) else true) &&
  (let s := run_sides R k r q in negb (Qle_bool (fst s) (snd s))).

Theorem accepted_refutes_run q R k r at_ : accepts_run q R k r at_ = true -> ~ run_holds q r.
Proof.
  unfold accepts_run. rewrite !andb_true_iff.
  intros [[[[[[[[[W O] S'] A] L] G] LG] B] P] V] H.
  apply not_le_bool in V. apply (Qlt_not_le _ _ V). apply H.
  - apply well_formed_ok_sound. exact W.
  - apply Nat.eqb_eq. exact O.
  - apply Nat.leb_le. exact S'.
  - intros D. apply A3_along_ok_sound. destruct D as [->| ->]; exact A.
  - apply A1_ok_sound. exact L.
  - apply not_le_bool. exact G.
  - apply Qle_bool_iff. exact LG.
  - apply never_below_ok_sound. exact B.
  - intros D. destruct q; simpl in P; try contradiction (D eq_refl); apply andb_true_iff in P; destruct P as [P1 P2];
      (split; [apply (attained_ok_sound _ _ at_); exact P1|apply A4_ok_sound; exact P2]).
Qed.

Print Assumptions accepted_refutes_run.
