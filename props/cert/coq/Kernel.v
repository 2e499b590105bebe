(** * The checker, and the proof that what it accepts refutes the statement

    Nothing here has to be believed: the theorems at the end are about the definitions of
    Cascade.v, and Coq has checked them. They use no axiom, and no real number. *)

From Coq Require Import QArith Qabs Qround List Bool Arith Lia Lqa Setoid.
From Cascade Require Import Cascade.
Import ListNotations.
Open Scope Q_scope.

Local Arguments Qred : simpl never.
Local Arguments Qplus : simpl never.
Local Arguments Qmult : simpl never.
Local Arguments Qminus : simpl never.
Local Arguments Qopp : simpl never.

(** ** Sums *)

Lemma sum_cons {A} (a : A) l f : sum (a :: l) f == f a + sum l f.
Proof. simpl. apply Qred_correct. Qed.

Lemma sq_is a : sq a == a * a.
Proof. apply Qred_correct. Qed.

Lemma sum_ext {A} (l : list A) f g : (forall a, In a l -> f a == g a) -> sum l f == sum l g.
Proof.
  induction l as [|a l IH]; intros H; [reflexivity|].
  rewrite !sum_cons, (H a) by (left; reflexivity). rewrite IH; [reflexivity|].
  intros b Hb. apply H. right. exact Hb.
Qed.

Lemma sum_plus {A} (l : list A) f g : sum l (fun a => f a + g a) == sum l f + sum l g.
Proof. induction l as [|a l IH]; [reflexivity|]. rewrite !sum_cons, IH. ring. Qed.

Lemma sum_times {A} (l : list A) c f : sum l (fun a => c * f a) == c * sum l f.
Proof. induction l as [|a l IH]; [simpl; ring|]. rewrite !sum_cons, IH. ring. Qed.

Lemma sum_zero {A} (l : list A) f : (forall a, In a l -> f a == 0) -> sum l f == 0.
Proof.
  intros H. rewrite (sum_ext l f (fun _ => 0 * 0)) by (intros; rewrite H by assumption; reflexivity).
  rewrite sum_times. ring.
Qed.

Lemma sum_swap {A B} (l : list A) (m : list B) f :
  sum l (fun a => sum m (fun b => f a b)) == sum m (fun b => sum l (fun a => f a b)).
Proof.
  induction l as [|a l IH].
  - symmetry. apply sum_zero. reflexivity.
  - rewrite sum_cons, IH, <- sum_plus. apply sum_ext. intros b _. rewrite sum_cons. reflexivity.
Qed.

Lemma sum_le {A} (l : list A) f g : (forall a, In a l -> f a <= g a) -> sum l f <= sum l g.
Proof.
  induction l as [|a l IH]; intros H; [apply Qle_refl|].
  rewrite !sum_cons. apply Qplus_le_compat.
  - apply H. left. reflexivity.
  - apply IH. intros b Hb. apply H. right. exact Hb.
Qed.

Lemma sum_nonneg {A} (l : list A) f : (forall a, In a l -> 0 <= f a) -> 0 <= sum l f.
Proof.
  intros H. rewrite <- (sum_zero l (fun _ => 0)) by reflexivity. apply sum_le. exact H.
Qed.

Lemma sum_map {A B} (l : list A) (h : A -> B) f : sum (map h l) f == sum l (fun a => f (h a)).
Proof. induction l as [|a l IH]; [reflexivity|]. simpl map. rewrite !sum_cons, IH. reflexivity. Qed.

Lemma sum_product {A B} (l : list A) (m : list B) f g :
  sum l f * sum m g == sum l (fun a => sum m (fun b => f a * g b)).
Proof.
  rewrite Qmult_comm, <- sum_times. apply sum_ext. intros a _.
  rewrite sum_times. ring.
Qed.

Lemma sum_square {A} (l : list A) f : sq (sum l f) == sum l (fun a => sum l (fun b => f a * f b)).
Proof. rewrite sq_is. apply sum_product. Qed.

(** The one term of an index. *)
Lemma sum_pick l j (f : nat -> Q) : NoDup l -> In j l ->
  sum l (fun k => (if (j =? k)%nat then 1 else 0) * f k) == f j.
Proof.
  induction l as [|a l IH]; intros H D; [destruct D|].
  inversion H as [|? ? Fresh Rest]; subst. rewrite sum_cons. destruct D as [->|D].
  - rewrite Nat.eqb_refl, sum_zero; [ring|]. intros b Hb.
    destruct (Nat.eqb_spec j b) as [->|]; [contradiction|ring].
  - rewrite IH by assumption. destruct (Nat.eqb_spec j a) as [->|]; [contradiction|ring].
Qed.

(** ** Derivatives *)

Lemma value_ext z z' p : (forall k, z k == z' k) -> value z p == value z' p.
Proof. intros H. induction p; simpl; rewrite ?Qred_correct, ?IHp1, ?IHp2; auto; reflexivity. Qed.

Fixpoint slope (z d : nat -> Q) (p : poly) : Q :=
  match p with
  | Const _ => 0
  | Var k => d k
  | Plus p q => slope z d p + slope z d q
  | Times p q => slope z d p * value z q + value z p * slope z d q
  end.

Fixpoint rest (z d : nat -> Q) (h : Q) (p : poly) : Q :=
  match p with
  | Const _ | Var _ => 0
  | Plus p q => rest z d h p + rest z d h q
  | Times p q =>
      slope z d p * slope z d q + rest z d h p * value z q + value z p * rest z d h q +
      h * (rest z d h p * slope z d q + slope z d p * rest z d h q) + h * h * (rest z d h p * rest z d h q)
  end.

Definition along (z d : nat -> Q) (t : Q) : nat -> Q := fun k => z k + t * d k.

Lemma expand z d h p : value (along z d h) p == value z p + h * slope z d p + h * h * rest z d h p.
Proof.
  induction p; simpl; rewrite ?Qred_correct.
  - ring.
  - unfold along. ring.
  - rewrite IHp1, IHp2. ring.
  - rewrite IHp1, IHp2. ring.
Qed.

Lemma slope_is z d p l : NoDup l -> (forall k, In k l \/ d k == 0) ->
  sum l (fun k => value z (derivative k p) * d k) == slope z d p.
Proof.
  intros H D. induction p; simpl.
  - apply sum_zero. intros; ring.
  - destruct (in_dec Nat.eq_dec k l) as [I|I].
    + transitivity (sum l (fun j => (if (k =? j)%nat then 1 else 0) * d j)).
      * apply sum_ext. reflexivity.
      * apply sum_pick; assumption.
    + destruct (D k) as [|Z]; [contradiction|]. rewrite Z. apply sum_zero. intros j Hj.
      destruct (Nat.eqb_spec k j) as [->|]; [contradiction|ring].
  - rewrite <- IHp1, <- IHp2, <- sum_plus. apply sum_ext. intros. rewrite Qred_correct. ring.
  - rewrite <- IHp1, <- IHp2.
    rewrite Qmult_comm, <- sum_times, <- sum_times, <- sum_plus.
    apply sum_ext. intros. rewrite !Qred_correct. ring.
Qed.

Definition within (b a : Q) : Prop := - b <= a /\ a <= b.

Lemma within_abs b a : within b a <-> Qabs a <= b.
Proof. split; intro H; apply Qabs_Qle_condition; exact H. Qed.

Lemma within_plus b b' a a' : within b a -> within b' a' -> within (b + b') (a + a').
Proof. intros [? ?] [? ?]. split; lra. Qed.

Lemma within_times b b' a a' : within b a -> within b' a' -> within (b * b') (a * a').
Proof.
  rewrite !within_abs. intros H H'. rewrite Qabs_Qmult.
  apply Qle_trans with (b * Qabs a').
  - apply Qmult_le_compat_r; [exact H|apply Qabs_nonneg].
  - rewrite !(Qmult_comm b). apply Qmult_le_compat_r; [exact H'|].
    apply Qle_trans with (Qabs a); [apply Qabs_nonneg|exact H].
Qed.

Lemma within_more b b' a : b <= b' -> within b a -> within b' a.
Proof. intros ? [? ?]. split; lra. Qed.

Lemma within_nonneg b a : within b a -> 0 <= b.
Proof. intros [? ?]. lra. Qed.

(** Value, slope and rest are bounded where the variables are. *)
Lemma bounded_by M p : exists B, 0 <= B /\ forall z d h,
  (forall k, within M (z k)) -> (forall k, within M (d k)) -> within 1 h ->
  within B (value z p) /\ within B (slope z d p) /\ within B (rest z d h p).
Proof.
  assert (Zero : forall b, 0 <= b -> within b 0) by (intros b H; split; lra).
  induction p as [c|j|p [B [H IH]] q [B' [H' IH']]|p [B [H IH]] q [B' [H' IH']]].
  - exists (Qabs c). split; [apply Qabs_nonneg|]. intros z d h _ _ _. simpl.
    split; [apply within_abs, Qle_refl|]. split; apply Zero, Qabs_nonneg.
  - exists (Qabs M). split; [apply Qabs_nonneg|]. intros z d h Hz Hd _. simpl.
    assert (M <= Qabs M) by apply Qle_Qabs.
    split; [apply within_more with M; auto|]. split; [apply within_more with M; auto|].
    apply Zero, Qabs_nonneg.
  - exists (B + B'). split; [lra|]. intros z d h Hz Hd Hh. simpl.
    destruct (IH z d h Hz Hd Hh) as [V1 [S1 R1]]. destruct (IH' z d h Hz Hd Hh) as [V2 [S2 R2]].
    split; [unfold within; rewrite Qred_correct; apply within_plus; assumption|].
    split; apply within_plus; assumption.
  - assert (0 <= B * B') by (apply Qmult_le_0_compat; assumption).
    exists (6 * (B * B')). split; [lra|]. intros z d h Hz Hd Hh. simpl.
    destruct (IH z d h Hz Hd Hh) as [V1 [S1 R1]]. destruct (IH' z d h Hz Hd Hh) as [V2 [S2 R2]].
    split; [|split].
    + unfold within. rewrite Qred_correct.
      apply within_more with (B * B'); [lra|]. apply within_times; assumption.
    + apply within_more with (B * B' + B * B'); [lra|]. apply within_plus; apply within_times; assumption.
    + apply within_more with (B * B' + B * B' + B * B' + 1 * (B * B' + B * B') + 1 * 1 * (B * B')); [lra|].
      repeat first [apply within_plus | apply within_times]; assumption.
Qed.

(** The derivatives are what they are called, with a rest that is bounded for |h| <= 1. *)
Theorem derivative_is z d p l : NoDup l -> (forall k, In k l \/ d k == 0) ->
  (exists M, forall k, within M (z k) /\ within M (d k)) ->
  exists B, forall h, within 1 h -> exists r, within B r /\
    value (fun k => z k + h * d k) p ==
    value z p + h * sum l (fun k => value z (derivative k p) * d k) + h * h * r.
Proof.
  intros H D [M HM]. destruct (bounded_by M p) as [B [_ HB]]. exists B. intros h Hh.
  exists (rest z d h p). split.
  - apply HB; [apply HM|apply HM|exact Hh].
  - rewrite slope_is by assumption. apply expand.
Qed.

(** ** A polynomial does not rise more than its slope, in small steps *)

Lemma archimedes B e : 0 <= B -> 0 < e -> exists m : positive, B * (1 # m) < e.
Proof.
  intros HB He. destruct (Qarchimedean (B / e)) as [m Hm]. exists m.
  assert (B < e * inject_Z (Zpos m)).
  { setoid_replace B with (B / e * e) by (field; lra).
    setoid_replace (e * inject_Z (Zpos m)) with (inject_Z (Zpos m) * e) by ring.
    apply Qmult_lt_compat_r; [exact He|exact Hm]. }
  setoid_replace (1 # m) with (/ inject_Z (Zpos m)) by (unfold Qeq; simpl; reflexivity).
  setoid_replace e with (e * inject_Z (Zpos m) * / inject_Z (Zpos m)) by (field; discriminate).
  apply Qmult_lt_compat_r; [reflexivity|assumption].
Qed.

Lemma no_more_for_every_e a b : (forall e, 0 < e -> a <= b + e) -> a <= b.
Proof.
  intros H. apply Qnot_lt_le. intro L. specialize (H ((a - b) * (1 # 2))). lra.
Qed.

Lemma rise p z d K M :
  (forall k, within M (z k)) -> (forall k, within M (d k)) ->
  (forall t, 0 <= t -> t <= 1 -> slope (along z d t) d p <= K) ->
  value (along z d 1) p - value z p <= K.
Proof.
  intros Hz Hd Hs.
  destruct (bounded_by (M + 1 * M) p) as [B [HB Bound]].
  assert (Mpos : 0 <= M) by (apply within_nonneg with (z 0%nat); apply Hz).
  assert (Steps : forall m : positive, value (along z d 1) p - value z p <= K + B * (1 # m)).
  { intro m. set (h := 1 # m).
    assert (h1 : h * inject_Z (Zpos m) == 1) by (unfold h, Qeq; simpl; lia).
    assert (h0 : 0 < h) by reflexivity.
    assert (Up : forall j, (j <= Pos.to_nat m)%nat ->
      value (along z d (h * inject_Z (Z.of_nat j))) p <=
      value z p + h * inject_Z (Z.of_nat j) * K + h * inject_Z (Z.of_nat j) * (h * B)).
    { induction j as [|j IH]; intros J.
      - apply Qle_trans with (value z p).
        + rewrite (value_ext (along z d (h * inject_Z (Z.of_nat 0))) z).
          * apply Qle_refl.
          * intro k. unfold along. change (inject_Z (Z.of_nat 0)) with 0. ring.
        + change (inject_Z (Z.of_nat 0)) with 0. lra.
      - assert (J' : (j <= Pos.to_nat m)%nat) by lia. specialize (IH J').
        set (t := h * inject_Z (Z.of_nat j)) in *.
        assert (Next : h * inject_Z (Z.of_nat (S j)) == t + h).
        { rewrite Nat2Z.inj_succ. unfold Z.succ. rewrite inject_Z_plus. unfold t. ring. }
        assert (t0 : 0 <= t).
        { apply Qmult_le_0_compat; [lra|]. change 0 with (inject_Z 0). rewrite <- Zle_Qle. lia. }
        assert (t1 : t <= 1).
        { rewrite <- h1. unfold t. rewrite !(Qmult_comm h). apply Qmult_le_compat_r; [|lra].
          rewrite <- Zle_Qle. lia. }
        rewrite (value_ext _ (along (along z d t) d h)).
        2: { intro k. unfold along. rewrite Next. ring. }
        rewrite expand, Next.
        assert (Hz' : forall k, within (M + 1 * M) (along z d t k)).
        { intro k. apply within_plus; [apply Hz|]. apply within_times; [split; lra|apply Hd]. }
        assert (Hd' : forall k, within (M + 1 * M) (d k)).
        { intro k. apply within_more with M; [lra|apply Hd]. }
        assert (hle : h <= 1) by (unfold h, Qle; simpl; lia).
        assert (Hh : within 1 h) by (split; lra).
        destruct (Bound _ _ h Hz' Hd' Hh) as [_ [_ [_ R]]].
        specialize (Hs t t0 t1).
        assert (h * slope (along z d t) d p <= h * K).
        { rewrite !(Qmult_comm h). apply Qmult_le_compat_r; [exact Hs|lra]. }
        assert (h * h * rest (along z d t) d h p <= h * h * B).
        { rewrite !(Qmult_comm (h * h)). apply Qmult_le_compat_r; [exact R|].
          apply Qmult_le_0_compat; lra. }
        lra. }
    specialize (Up (Pos.to_nat m) (Nat.le_refl _)). rewrite positive_nat_Z in Up.
    assert (E1 : value (along z d (h * inject_Z (Zpos m))) p == value (along z d 1) p).
    { apply value_ext. intro k. unfold along. rewrite h1. reflexivity. }
    rewrite E1, h1 in Up. lra. }
  apply no_more_for_every_e. intros e He.
  destruct (archimedes B e HB He) as [m Hm]. specialize (Steps m). lra.
Qed.

(** ** From the norm of the derivative to a Lipschitz constant *)

Lemma slope_total z d (l : list (Q * poly)) :
  slope z d (total (map (fun r => Times (Const (fst r)) (snd r)) l)) ==
  sum l (fun r => fst r * slope z d (snd r)).
Proof.
  induction l as [|a l IH]; [reflexivity|].
  change (slope z d (total (map (fun r => Times (Const (fst r)) (snd r)) (a :: l))))
    with (0 * value z (snd a) + fst a * slope z d (snd a) +
          slope z d (total (map (fun r => Times (Const (fst r)) (snd r)) l))).
  rewrite IH, sum_cons. ring.
Qed.

Lemma value_total z (l : list (Q * poly)) :
  value z (total (map (fun r => Times (Const (fst r)) (snd r)) l)) ==
  sum l (fun r => fst r * value z (snd r)).
Proof.
  induction l as [|a l IH]; [reflexivity|].
  change (value z (total (map (fun r => Times (Const (fst r)) (snd r)) (a :: l))))
    with (Qred (Qred (fst a * value z (snd a)) +
          value z (total (map (fun r => Times (Const (fst r)) (snd r)) l)))).
  rewrite !Qred_correct, IH, sum_cons. reflexivity.
Qed.

Lemma bounded_vector n (z : nat -> Q) : (forall k, (n <= k)%nat -> z k == 0) -> exists M, forall k, within M (z k).
Proof.
  revert z. induction n as [|n IH]; intros z H.
  - exists 0. intro k. unfold within. rewrite (H k) by lia. lra.
  - destruct (IH (fun k => if (k =? n)%nat then 0 else z k)) as [M HM].
    { intros k Hk. destruct (Nat.eqb_spec k n); [reflexivity|apply H; lia]. }
    exists (M + Qabs (z n)). intro k. specialize (HM k).
    pose proof (Qabs_nonneg (z n)). pose proof (within_nonneg _ _ HM).
    destruct (Nat.eqb_spec k n) as [At|].
    + rewrite At. apply within_more with (Qabs (z n)); [lra|]. apply within_abs, Qle_refl.
    + apply within_more with M; [lra|exact HM].
Qed.

Lemma square_nonneg a : 0 <= a * a.
Proof.
  destruct (Qlt_le_dec a 0).
  - setoid_replace (a * a) with (- a * - a) by ring. apply Qmult_le_0_compat; lra.
  - apply Qmult_le_0_compat; assumption.
Qed.

Lemma mean_of_squares a b : a * b <= (1 # 2) * (a * a + b * b).
Proof.
  pose proof (square_nonneg (a - b)) as H.
  assert ((a - b) * (a - b) == a * a + b * b - 2 * (a * b)) by ring. lra.
Qed.

Lemma in_segment b z z' t : in_box b z -> in_box b z' -> 0 <= t -> t <= 1 ->
  in_box b (along z (fun k => z' k - z k) t).
Proof.
  intros [Hz Zz] [Hz' Zz'] t0 t1. split; intros k Hk; unfold along.
  - specialize (Hz k Hk). specialize (Hz' k Hk). split; nra.
  - rewrite (Zz k Hk), (Zz' k Hk). ring.
Qed.

Lemma lipschitz (F : list poly) vars b z z' c :
  NoDup vars -> in_box b z -> in_box b z' ->
  (forall k, In k vars \/ z' k - z k == 0) ->
  (forall y a, in_box b y ->
     sum F (fun p => sq (sum vars (fun k => value y (derivative k p) * a k))) <=
     sq c * sum vars (fun k => sq (a k))) ->
  close F vars z z' c.
Proof.
  intros ND Hz Hz' Hd Norm. unfold close.
  set (d := fun k => z' k - z k) in *.
  set (X := fun p => value z' p - value z p).
  set (T := sum F (fun p => sq (X p))). set (S' := sq c * sum vars (fun k => sq (d k))).
  set (P := total (map (fun r => Times (Const (fst r)) (snd r)) (map (fun p => (X p, p)) F))).
  assert (Up : value (along z d 1) P - value z P <= (1 # 2) * (T + S')).
  { destruct (bounded_vector (length b) z (proj2 Hz)) as [M HM].
    destruct (bounded_vector (length b) d) as [M' HM'].
    { intros k Hk. unfold d. rewrite (proj2 Hz k Hk), (proj2 Hz' k Hk). ring. }
    assert (0 <= M) by (apply within_nonneg with (z 0%nat); apply HM).
    assert (0 <= M') by (apply within_nonneg with (d 0%nat); apply HM').
    apply rise with (M + M').
    - intro k. apply within_more with M; [lra|apply HM].
    - intro k. apply within_more with M'; [lra|apply HM'].
    - intros t t0 t1. unfold P. rewrite slope_total, sum_map. simpl.
      pose proof (in_segment b z z' t Hz Hz' t0 t1) as Seg. fold d in Seg.
      specialize (Norm _ d Seg). fold S' in Norm.
      assert (Norm' : sum F (fun p => sq (slope (along z d t) d p)) <= S').
      { apply Qle_trans with (2 := Norm). apply sum_le. intros p _.
        rewrite !sq_is, slope_is by assumption. apply Qle_refl. }
      apply Qle_trans with ((1 # 2) * (T + sum F (fun p => sq (slope (along z d t) d p)))).
      + unfold T. rewrite <- sum_plus, <- sum_times. apply sum_le. intros p _. rewrite !sq_is.
        apply mean_of_squares.
      + lra. }
  assert (Two : value (along z d 1) P - value z P == T).
  { rewrite (value_ext (along z d 1) z').
    2: { intro k. unfold along, d. ring. }
    unfold P. rewrite !value_total, !sum_map. simpl. unfold T.
    setoid_replace (sum F (fun a => X a * value z' a) - sum F (fun a => X a * value z a))
      with (sum F (fun a => X a * value z' a) + (-1) * sum F (fun a => X a * value z a)) by ring.
    rewrite <- sum_times, <- sum_plus. apply sum_ext. intros p _. rewrite sq_is. unfold X. ring. }
  rewrite Two in Up. assert (Done : T <= S') by lra. exact Done.
Qed.

(** ** Enclosures by interval arithmetic *)

Definition qmin (a b : Q) : Q := if Qle_bool a b then a else b.
Definition qmax (a b : Q) : Q := if Qle_bool a b then b else a.

Lemma qmin_le a b : qmin a b <= a /\ qmin a b <= b.
Proof.
  unfold qmin. destruct (Qle_bool a b) eqn:H.
  - apply Qle_bool_iff in H. split; [apply Qle_refl|exact H].
  - assert (b < a) by (apply Qnot_le_lt; intro L; apply Qle_bool_iff in L; congruence).
    split; [apply Qlt_le_weak; assumption|apply Qle_refl].
Qed.

Lemma qmax_ge a b : a <= qmax a b /\ b <= qmax a b.
Proof.
  unfold qmax. destruct (Qle_bool a b) eqn:H.
  - apply Qle_bool_iff in H. split; [exact H|apply Qle_refl].
  - assert (b < a) by (apply Qnot_le_lt; intro L; apply Qle_bool_iff in L; congruence).
    split; [apply Qle_refl|apply Qlt_le_weak; assumption].
Qed.

Definition interval_times (a b : Q * Q) : Q * Q :=
  let p := Qred (fst a * fst b) in
  let q := Qred (fst a * snd b) in
  let r := Qred (snd a * fst b) in
  let s := Qred (snd a * snd b) in
  (qmin (qmin p q) (qmin r s), qmax (qmax p q) (qmax r s)).

Fixpoint enclosure (b : list (Q * Q)) (p : poly) : Q * Q :=
  match p with
  | Const c => (c, c)
  | Var k => nth k b (0, 0)
  | Plus p q =>
      let e := enclosure b p in
      let e' := enclosure b q in
      (Qred (fst e + fst e'), Qred (snd e + snd e'))
  | Times p q => interval_times (enclosure b p) (enclosure b q)
  end.

Definition inside (e : Q * Q) (a : Q) : Prop := fst e <= a /\ a <= snd e.

Lemma between_products a a1 a2 b : a1 <= a -> a <= a2 ->
  (a1 * b <= a * b /\ a * b <= a2 * b) \/ (a2 * b <= a * b /\ a * b <= a1 * b).
Proof.
  intros. destruct (Qlt_le_dec b 0) as [|].
  - right. split; nra.
  - left. split; nra.
Qed.

Lemma interval_times_sound e e' a b : inside e a -> inside e' b -> inside (interval_times e e') (a * b).
Proof.
  destruct e as [a1 a2], e' as [b1 b2]. unfold inside, interval_times. simpl. intros [A1 A2] [B1 B2].
  pose proof (Qred_correct (a1 * b1)) as P. pose proof (Qred_correct (a1 * b2)) as Q'.
  pose proof (Qred_correct (a2 * b1)) as R. pose proof (Qred_correct (a2 * b2)) as S'.
  set (p := Qred (a1 * b1)) in *. set (q := Qred (a1 * b2)) in *.
  set (r := Qred (a2 * b1)) in *. set (s := Qred (a2 * b2)) in *.
  destruct (qmin_le p q), (qmin_le r s), (qmin_le (qmin p q) (qmin r s)).
  destruct (qmax_ge p q), (qmax_ge r s), (qmax_ge (qmax p q) (qmax r s)).
  destruct (between_products a a1 a2 b A1 A2) as [[L U]|[L U]];
  destruct (between_products b b1 b2 a1 B1 B2) as [[L1 U1]|[L1 U1]];
  destruct (between_products b b1 b2 a2 B1 B2) as [[L2 U2]|[L2 U2]];
  rewrite !(Qmult_comm b1), !(Qmult_comm b2), !(Qmult_comm b) in *; split; lra.
Qed.

Lemma enclosure_sound b z p : in_box b z -> inside (enclosure b p) (value z p).
Proof.
  intros [H Z]. induction p; simpl.
  - split; apply Qle_refl.
  - destruct (Nat.lt_ge_cases k (length b)) as [L|L].
    + exact (H k L).
    + rewrite nth_overflow by exact L. unfold inside. simpl. rewrite (Z k L). split; apply Qle_refl.
  - destruct IHp1, IHp2. unfold inside. simpl. rewrite !Qred_correct. split; lra.
  - unfold inside. rewrite Qred_correct. apply interval_times_sound; assumption.
Qed.

(** ** Operator norms, by a factorization L D L^T that is found and then checked *)

Definition entry (m : list vec) (i j : nat) : Q := get (nth i m []) j.

(** c^2 I - A^T A. *)
Definition gram (A : list vec) (n : nat) (c : Q) : list vec :=
  map (fun i => map (fun j => Qred ((if (i =? j)%nat then sq c else 0) -
                                    sum A (fun row => Qred (get row i * get row j)))) (below n)) (below n).

(** Columns of L with the entries of D; where a matrix has none the check below fails. *)
Fixpoint factors (fuel before : nat) (g : list vec) : list (Q * vec) :=
  match fuel, g with
  | S fuel', (p :: row) :: lower =>
      let l := if Qeq_bool p 0 then map (fun _ => 0) row else map (fun a => Qred (a / p)) row in
      (p, zeros before ++ 1 :: l) ::
      factors fuel' (S before)
        (map (fun low => zip Qminus (tl low) (map (fun a => Qred (hd 0 low * a)) l)) lower)
  | _, _ => []
  end.

Definition is_psd (g : list vec) (n : nat) (f : list (Q * vec)) : bool :=
  forallb (fun t => Qle_bool 0 (fst t)) f &&
  forallb (fun i => forallb (fun j =>
    Qeq_bool (entry g i j) (sum f (fun t => Qred (fst t * Qred (get (snd t) i * get (snd t) j))))) (below n)) (below n).

Lemma in_below n i : In i (below n) <-> (i < n)%nat.
Proof. unfold below. rewrite in_seq. lia. Qed.

Lemma nth_map_below {A} (f : nat -> A) n i d : (i < n)%nat -> nth i (map f (below n)) d = f i.
Proof.
  intros H. rewrite nth_indep with (d' := f 0%nat) by (rewrite map_length; unfold below; rewrite seq_length; exact H).
  rewrite map_nth. f_equal. unfold below. rewrite seq_nth by exact H. reflexivity.
Qed.

Lemma gram_bound A n c f : is_psd (gram A n c) n f = true -> forall a : nat -> Q,
  sum A (fun row => sq (sum (below n) (fun k => get row k * a k))) <= sq c * sum (below n) (fun k => sq (a k)).
Proof.
  unfold is_psd. rewrite andb_true_iff, !forallb_forall. intros [Pos Same] a.
  set (I := below n) in *.
  assert (Id : forall i j, In i I -> In j I ->
    sum A (fun row => get row i * get row j) ==
    (if (i =? j)%nat then 1 else 0) * sq c - sum f (fun t => fst t * (get (snd t) i * get (snd t) j))).
  { intros i j Hi Hj. specialize (Same i Hi). rewrite forallb_forall in Same. specialize (Same j Hj).
    apply Qeq_bool_iff in Same. unfold entry, gram in Same.
    rewrite nth_map_below in Same by (apply in_below; exact Hi).
    unfold get at 1 in Same. rewrite nth_map_below in Same by (apply in_below; exact Hj).
    rewrite Qred_correct in Same.
    rewrite (sum_ext A (fun row => get row i * get row j) (fun row => Qred (get row i * get row j)))
      by (intros; rewrite Qred_correct; reflexivity).
    rewrite (sum_ext f (fun t => fst t * (get (snd t) i * get (snd t) j))
                       (fun t => Qred (fst t * Qred (get (snd t) i * get (snd t) j))))
      by (intros; rewrite !Qred_correct; reflexivity).
    rewrite <- Same. destruct (i =? j)%nat; ring. }
  assert (Left : sum A (fun row => sq (sum I (fun k => get row k * a k))) ==
                 sum I (fun i => sum I (fun j => a i * a j * sum A (fun row => get row i * get row j)))).
  { transitivity (sum A (fun row => sum I (fun i => sum I (fun j => a i * a j * (get row i * get row j))))).
    { apply sum_ext. intros row _. rewrite sum_square. apply sum_ext. intros i _. apply sum_ext. intros j _. ring. }
    rewrite sum_swap. apply sum_ext. intros i _. rewrite sum_swap. apply sum_ext. intros j _.
    apply sum_times. }
  assert (Right : sum I (fun i => sum I (fun j => a i * a j * sum A (fun row => get row i * get row j))) ==
                  sq c * sum I (fun k => sq (a k)) +
                  (-1) * sum f (fun t => fst t * sq (sum I (fun k => get (snd t) k * a k)))).
  { transitivity (sum I (fun i => sq c * sq (a i) +
      (-1) * sum f (fun t => sum I (fun j => fst t * ((get (snd t) i * a i) * (get (snd t) j * a j)))))).
    2: { rewrite sum_plus, !sum_times. apply Qplus_comp; [reflexivity|]. apply Qmult_comp; [reflexivity|].
      rewrite sum_swap. apply sum_ext. intros t _. rewrite sum_square, <- sum_times.
      apply sum_ext. intros i _. rewrite <- sum_times. reflexivity. }
    apply sum_ext. intros i Hi.
    transitivity (sum I (fun j => (if (i =? j)%nat then 1 else 0) * (a i * a j * sq c) +
        (-1) * sum f (fun t => fst t * ((get (snd t) i * a i) * (get (snd t) j * a j))))).
    2: { rewrite sum_plus, sum_times, sum_pick by (exact Hi || apply seq_NoDup).
        rewrite sum_swap, !sq_is. ring. }
    apply sum_ext. intros j Hj. rewrite Id by assumption.
        rewrite (sum_ext f (fun t => fst t * ((get (snd t) i * a i) * (get (snd t) j * a j)))
                           (fun t => (a i * a j) * (fst t * (get (snd t) i * get (snd t) j))))
          by (intros; ring).
        rewrite sum_times. ring. }
  rewrite Left, Right.
  assert (0 <= sum f (fun t => fst t * sq (sum I (fun k => get (snd t) k * a k)))).
  { apply sum_nonneg. intros t Ht. apply Qmult_le_0_compat.
    - apply Qle_bool_iff, Pos. exact Ht.
    - rewrite sq_is. apply square_nonneg. }
  lra.
Qed.

(** What is taken of an enclosure: its point, or where one is none the largest magnitude. *)
Definition cells (b : list (Q * Q)) (rows : list (list poly)) : list (list (Q * Q)) :=
  map (map (enclosure b)) rows.
Definition all_points (m : list (list (Q * Q))) : bool :=
  forallb (forallb (fun e => Qeq_bool (fst e) (snd e))) m.
Definition magnitude (e : Q * Q) : Q := qmax (Qabs (fst e)) (Qabs (snd e)).
Definition representative (points : bool) (m : list (list (Q * Q))) : list vec :=
  map (map (fun e => if points then fst e else magnitude e)) m.

Definition norm_ok (rows : list (list poly)) (n : nat) (b : list (Q * Q)) (c : Q) : bool :=
  let m := cells b rows in
  let A := representative (all_points m) m in
  let g := gram A n c in
  is_psd g n (factors n 0 g).

Lemma magnitude_sound e a : inside e a -> Qabs a <= magnitude e.
Proof.
  intros [L U]. unfold magnitude. destruct (qmax_ge (Qabs (fst e)) (Qabs (snd e))) as [P Q'].
  apply Qabs_Qle_condition. pose proof (Qle_Qabs (snd e)). pose proof (Qle_Qabs (- fst e)) as F.
  rewrite Qabs_opp in F. split; lra.
Qed.

Lemma abs_sum {A} (l : list A) f : Qabs (sum l f) <= sum l (fun a => Qabs (f a)).
Proof.
  induction l as [|a l IH]; [apply Qle_refl|]. rewrite !sum_cons.
  apply Qle_trans with (Qabs (f a) + Qabs (sum l f)); [apply Qabs_triangle|]. lra.
Qed.

Lemma sq_mono a b : Qabs a <= b -> sq a <= sq b.
Proof. intros H. apply Qabs_Qle_condition in H. rewrite !sq_is. nra. Qed.

Lemma sq_abs a : sq (Qabs a) == sq a.
Proof. rewrite !sq_is. rewrite <- Qabs_Qmult. apply Qabs_pos, square_nonneg. Qed.

Theorem norm_ok_sound rows n b c : norm_ok rows n b c = true ->
  forall z, in_box b z -> norm_at_most rows n z c.
Proof.
  unfold norm_ok. intros H z Hz a.
  assert (Cell : forall row k, inside (nth k (map (enclosure b) row) (enclosure b (Const 0)))
                                      (value z (nth k row (Const 0)))).
  { intros row k. rewrite map_nth. apply enclosure_sound. exact Hz. }
  assert (Zero : enclosure b (Const 0) = (0, 0)) by reflexivity.
  destruct (all_points (cells b rows)) eqn:Points.
  - pose proof (gram_bound _ _ _ _ H a) as G. unfold representative, cells in G. rewrite !sum_map in G.
    apply Qle_trans with (2 := G). apply Qle_lteq. right. apply sum_ext. intros row Hrow.
    rewrite !sq_is.
    assert (Same : sum (below n) (fun k => value z (nth k row (Const 0)) * a k) ==
                   sum (below n) (fun k => get (map (fun e => fst e) (map (enclosure b) row)) k * a k)).
    { apply sum_ext. intros k _. apply Qmult_comp; [|reflexivity].
      unfold get. change 0 with (fst (enclosure b (Const 0))) at 2. rewrite map_nth.
      specialize (Cell row k). rewrite map_nth in Cell |- *.
      destruct (Nat.lt_ge_cases k (length row)) as [L|L].
      - unfold all_points, cells in Points. rewrite forallb_forall in Points.
        assert (P : forallb (fun e => Qeq_bool (fst e) (snd e)) (map (enclosure b) row) = true).
        { apply Points. apply in_map. exact Hrow. }
        rewrite forallb_forall in P. specialize (P (enclosure b (nth k row (Const 0)))).
        rewrite Qeq_bool_iff in P. destruct Cell as [C1 C2].
        rewrite <- P in C2 by (apply in_map, nth_In; exact L). lra.
      - rewrite nth_overflow by exact L. reflexivity. }
    rewrite Same. reflexivity.
  - pose proof (gram_bound _ _ _ _ H (fun k => Qabs (a k))) as G.
    unfold representative, cells in G. rewrite !sum_map in G.
    rewrite (sum_ext (below n) (fun k => sq (Qabs (a k))) (fun k => sq (a k))) in G by (intros; apply sq_abs).
    apply Qle_trans with (2 := G). apply sum_le. intros row _. apply sq_mono.
    eapply Qle_trans; [apply abs_sum|]. apply sum_le. intros k _. rewrite Qabs_Qmult.
    apply Qmult_le_compat_r; [|apply Qabs_nonneg].
    specialize (Cell row k). apply magnitude_sound in Cell.
    unfold get. change 0 with (magnitude (enclosure b (Const 0))) at 2. rewrite map_nth. exact Cell.
Qed.

(** ** Assumption A3 *)

Definition derivatives (o : op) (F : list poly) : list (list poly) :=
  map (fun p => map (fun k => derivative k p) (variables o)) F.

Definition regular_ok (o : op) (b : list (Q * Q)) (k : constants) : bool :=
  let all := (inputs o + weights_of o)%nat in
  norm_ok (jacobian o (of_x o)) (inputs o) b (C k) &&
  norm_ok (jacobian o (of_w o)) (weights_of o) b (C k) &&
  norm_ok (mixed o) (weights_of o * inputs o) b (C2 k) &&
  norm_ok (jacobian o (of_x o)) (inputs o) b (Lf k) &&
  norm_ok (derivatives o (gradient o)) all b (L1 k) &&
  norm_ok (derivatives o (hessian o)) all b (L2 k) &&
  (length b =? all)%nat.

Lemma close_of_norm F n b c :
  norm_ok (map (fun p => map (fun k => derivative k p) (below n)) F) n b c = true ->
  forall z z', in_box b z -> in_box b z' -> (forall j, (n <= j)%nat -> z' j == z j) -> close F (below n) z z' c.
Proof.
  intros H z z' Hz Hz' Far. apply lipschitz with b; [apply seq_NoDup|exact Hz|exact Hz'| |].
  - intro j. destruct (Nat.lt_ge_cases j n) as [L|L].
    + left. apply in_below. exact L.
    + right. rewrite (Far j L). ring.
  - intros y' a Hy. pose proof (norm_ok_sound _ _ _ _ H y' Hy a) as G. rewrite sum_map in G.
    apply Qle_trans with (2 := G). apply Qle_lteq. right. apply sum_ext. intros p _. rewrite !sq_is.
    assert (Same : sum (below n) (fun k => value y' (derivative k p) * a k) ==
      sum (below n) (fun k => value y' (nth k (map (fun j => derivative j p) (below n)) (Const 0)) * a k)).
    { apply sum_ext. intros k Hk. rewrite nth_map_below by (apply in_below; exact Hk). reflexivity. }
    rewrite Same. reflexivity.
Qed.

Lemma regular_ok_sound o b k : regular_ok o b k = true -> regular o b k.
Proof.
  unfold regular_ok. rewrite !andb_true_iff. intros [[[[[[H1 H2] H3] H4] H5] H6] H7].
  apply Nat.eqb_eq in H7. split.
  - intros z Hz. repeat split; apply norm_ok_sound with b; assumption.
  - intros z z' Hz Hz'.
    assert (Beyond : forall j, (inputs o + weights_of o <= j)%nat -> z' j == z j).
    { intros j Hj. rewrite <- H7 in Hj. rewrite (proj2 Hz j Hj), (proj2 Hz' j Hj). reflexivity. }
    repeat split.
    + intro Far. apply close_of_norm with b; assumption.
    + apply close_of_norm with b; assumption.
    + apply close_of_norm with b; assumption.
Qed.

Definition positive_ok (k : constants) : bool :=
  forallb (fun a => negb (Qle_bool a 0)) [C k; C2 k; Lf k; L1 k; L2 k].

Definition A3_ok (c : case) (k : constants) : bool :=
  positive_ok k && forallb (fun i => regular_ok (operator c i) (box c i) k) (between 1 (N c)).

Lemma not_le_bool a b : negb (Qle_bool a b) = true -> b < a.
Proof.
  rewrite negb_true_iff. intros H. apply Qnot_le_lt. intro L. apply Qle_bool_iff in L. congruence.
Qed.

Lemma in_between a b i : In i (between a b) <-> (a <= i <= b)%nat.
Proof. unfold between. rewrite in_seq. lia. Qed.

Theorem A3_ok_sound c k : A3_ok c k = true -> A3 c k.
Proof.
  unfold A3_ok. rewrite andb_true_iff. intros [P R]. split.
  - unfold positive_ok in P. simpl in P. rewrite !andb_true_iff in P.
    destruct P as [P1 [P2 [P3 [P4 [P5 _]]]]]. repeat split; apply not_le_bool; assumption.
  - intros i Hi. apply regular_ok_sound. rewrite forallb_forall in R. apply R, in_between. exact Hi.
Qed.

(** ** What is accepted refutes *)

Definition well_formed_ok (c : case) : bool := widths_fit c && laws_fit c.

Lemma well_formed_ok_sound c : well_formed_ok c = true -> well_formed c.
Proof. unfold well_formed_ok. rewrite andb_true_iff. exact (fun H => H). Qed.

Definition index_ok (q : claim) (c : case) (i : nat) : bool :=
  (1 <=? i)%nat &&
  (i <=? match q with
         | Eq15 | Eq17a | Eq17b | Eq26 | Eq28a | Eq28b | Eq28m | Eq28n | Eq28c => N c - 1
         | _ => N c
         end)%nat.

(** The errors of the m-th joint outcome, from 0. *)
Definition outcome (c : case) (m : nat) : errors := snd (nth m (outcomes c) (0, [])).

Definition accepts (q : claim) (c : case) (k : constants) (r : reading) (i m : nat) : bool :=
  well_formed_ok c && A3_ok c k && index_ok q c i && (m <? length (outcomes c))%nat &&
  (let s := sides q c k r i (outcome c m) in negb (Qle_bool (fst s) (snd s))).

(** What [accepts] accepts refutes the statement. *)
Theorem accepted_refutes q c k r i m : accepts q c k r i m = true -> ~ holds q r.
Proof.
  unfold accepts. rewrite !andb_true_iff. intros [[[[W R] I] M] S'] H.
  apply not_le_bool in S'. apply (Qlt_not_le _ _ S'). apply H.
  - apply well_formed_ok_sound. exact W.
  - apply A3_ok_sound. exact R.
  - unfold index_ok in I. rewrite andb_true_iff, !Nat.leb_le in I. exact I.
  - unfold outcome. apply in_map, nth_In. apply Nat.ltb_lt. exact M.
Qed.

Definition accepts_spike (c : case) (k : constants) : bool :=
  well_formed_ok c && A3_ok c k && Qle_bool 1 (largest_error c) && Qeq_bool (all_u2 c) 0.

(** An error of size 1 or more and U = u: no constant does. *)
Theorem accepted_refutes_spike c k : accepts_spike c k = true -> ~ spike_holds.
Proof.
  unfold accepts_spike. rewrite !andb_true_iff. intros [[[W R] L] Z] [K H].
  specialize (H c k (well_formed_ok_sound _ W) (A3_ok_sound _ _ R)).
  apply Qle_bool_iff in L. apply Qeq_bool_iff in Z. rewrite Z in H. lra.
Qed.

Definition accepts_equation (q : equation) (c : case) : bool :=
  well_formed_ok c && linear_case q c &&
  match snd (equation_sides q c) with
  | Some m => negb (same_matrix (fst (equation_sides q c)) m)
  | None => true
  end.

Theorem accepted_refutes_equation q c : accepts_equation q c = true -> ~ equation_holds q.
Proof.
  unfold accepts_equation. rewrite !andb_true_iff. intros [[W L] D] H.
  specialize (H c (well_formed_ok_sound _ W) L).
  destruct (snd (equation_sides q c)); [|exact H]. rewrite H in D. discriminate.
Qed.

(** Exact values for the file of a certificate. *)
Definition sides_are (s : Q * Q) (left right : Q) : bool := Qeq_bool (fst s) left && Qeq_bool (snd s) right.

Theorem sides_are_sound s left right : sides_are s left right = true -> fst s == left /\ snd s == right.
Proof. unfold sides_are. rewrite andb_true_iff, !Qeq_bool_iff. exact (fun H => H). Qed.

(** One list of assumptions for all: there are none. *)
Definition proved := (derivative_is, accepted_refutes, accepted_refutes_spike, accepted_refutes_equation).
Print Assumptions proved.
