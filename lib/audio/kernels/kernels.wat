;; The inner loops of the audio front end, four samples at a time. Pointers are in bytes; arrays hold
;; float32 unless they say otherwise. `deno run -A tools/build_kernels.ts` makes kernels.wasm of this
;; file.
(module
  (memory (export "memory") 1)

  ;; out[round][row] = Σ weights[row][k] · samples[round · advance + starts[row] + k] over
  ;; k < lengths[row], for four rounds, which share the weights: a polyphase filter (rows are its
  ;; phases, a round is all phases once), or a filter bank (rows are its bands, a round is a frame).
  ;; weights: row after row; starts and lengths: int32 [rows]. Starts, lengths (multiples of 16) and
  ;; advance are in bytes, and so are the distances from one row's and round's result to the next.
  (func (export "weightedSums")
    (param $out i32) (param $rowStride i32) (param $roundStride i32)
    (param $samples i32) (param $advance i32)
    (param $weight i32) (param $starts i32) (param $lengths i32) (param $rows i32)
    (local $endOfRows i32) (local $end i32) (local $four v128)
    (local $at0 i32) (local $at1 i32) (local $at2 i32) (local $at3 i32)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $endOfRows
      (i32.add (local.get $starts) (i32.shl (local.get $rows) (i32.const 2))))
    (loop $row
      (local.set $at0 (i32.add (local.get $samples) (i32.load (local.get $starts))))
      (local.set $at1 (i32.add (local.get $at0) (local.get $advance)))
      (local.set $at2 (i32.add (local.get $at1) (local.get $advance)))
      (local.set $at3 (i32.add (local.get $at2) (local.get $advance)))
      (local.set $end (i32.add (local.get $weight) (i32.load (local.get $lengths))))
      (local.set $sum0 (v128.const f32x4 0 0 0 0))
      (local.set $sum1 (v128.const f32x4 0 0 0 0))
      (local.set $sum2 (v128.const f32x4 0 0 0 0))
      (local.set $sum3 (v128.const f32x4 0 0 0 0))
      (loop $tap
        (local.set $four (v128.load (local.get $weight)))
        (local.set $sum0
          (f32x4.add
            (local.get $sum0)
            (f32x4.mul (local.get $four) (v128.load (local.get $at0)))))
        (local.set $at0 (i32.add (local.get $at0) (i32.const 16)))
        (local.set $sum1
          (f32x4.add
            (local.get $sum1)
            (f32x4.mul (local.get $four) (v128.load (local.get $at1)))))
        (local.set $at1 (i32.add (local.get $at1) (i32.const 16)))
        (local.set $sum2
          (f32x4.add
            (local.get $sum2)
            (f32x4.mul (local.get $four) (v128.load (local.get $at2)))))
        (local.set $at2 (i32.add (local.get $at2) (i32.const 16)))
        (local.set $sum3
          (f32x4.add
            (local.get $sum3)
            (f32x4.mul (local.get $four) (v128.load (local.get $at3)))))
        (local.set $at3 (i32.add (local.get $at3) (i32.const 16)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 16)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
      ;; Each sum's lanes are added up, two sums at a time, then two pairs.
      (local.set $sum0
        (f32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27
            (local.get $sum0) (local.get $sum1))
          (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31
            (local.get $sum0) (local.get $sum1))))
      (local.set $sum2
        (f32x4.add
          (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27
            (local.get $sum2) (local.get $sum3))
          (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31
            (local.get $sum2) (local.get $sum3))))
      (local.set $sum0
        (f32x4.add
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
            (local.get $sum0) (local.get $sum2))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
            (local.get $sum0) (local.get $sum2))))
      (local.set $at0 (i32.add (local.get $out) (local.get $roundStride)))
      (local.set $at1 (i32.add (local.get $at0) (local.get $roundStride)))
      (local.set $at2 (i32.add (local.get $at1) (local.get $roundStride)))
      (v128.store32_lane 0 (local.get $out) (local.get $sum0))
      (v128.store32_lane 1 (local.get $at0) (local.get $sum0))
      (v128.store32_lane 2 (local.get $at1) (local.get $sum0))
      (v128.store32_lane 3 (local.get $at2) (local.get $sum0))
      (local.set $out (i32.add (local.get $out) (local.get $rowStride)))
      (local.set $lengths (i32.add (local.get $lengths) (i32.const 4)))
      (br_if $row
        (i32.lt_u
          (local.tee $starts (i32.add (local.get $starts) (i32.const 4)))
          (local.get $endOfRows)))))

  ;; out[i] = samples[i + 1] − coefficient · samples[i] over i < count, a multiple of 4.
  (func (export "emphasize")
    (param $out i32) (param $samples i32) (param $count i32) (param $coefficient f32)
    (local $end i32)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (v128.store
        (local.get $out)
        (f32x4.sub
          (v128.load offset=4 (local.get $samples))
          (f32x4.mul
            (f32x4.splat (local.get $coefficient))
            (v128.load (local.get $samples)))))
      (local.set $samples (i32.add (local.get $samples) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))

  ;; out[i] = a[i] · b[i] over i < count, a multiple of 4.
  (func (export "multiply") (param $out i32) (param $a i32) (param $b i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (v128.store
        (local.get $out)
        (f32x4.mul (v128.load (local.get $a)) (v128.load (local.get $b))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))

  ;; out[i] = pairs[2 i]² + pairs[2 i + 1]² over i < count, a multiple of 4.
  (func (export "power") (param $out i32) (param $pairs i32) (param $count i32)
    (local $end i32) (local $low v128) (local $high v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (local.set $low (v128.load (local.get $pairs)))
      (local.set $high (v128.load offset=16 (local.get $pairs)))
      (local.set $low (f32x4.mul (local.get $low) (local.get $low)))
      (local.set $high (f32x4.mul (local.get $high) (local.get $high)))
      (v128.store
        (local.get $out)
        (f32x4.add
          (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
            (local.get $low) (local.get $high))
          (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
            (local.get $low) (local.get $high))))
      (local.set $pairs (i32.add (local.get $pairs) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $out) (local.get $end)))))

  ;; values[i] = (ln(values[i] + offset) + shift) · scale over i < count, a multiple of 4; the sums
  ;; with offset are positive and normal. The logarithm is that of Cephes (S. Moshier, logf.c): exact
  ;; to the last bit or nearly so.
  (func (export "logarithm")
    (param $values i32) (param $count i32)
    (param $offset f32) (param $shift f32) (param $scale f32)
    (local $end i32) (local $x v128) (local $exponent v128) (local $small v128) (local $y v128)
    (local.set $end (i32.add (local.get $values) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (local.set $x
        (f32x4.add (v128.load (local.get $values)) (f32x4.splat (local.get $offset))))
      ;; x = 2^exponent · mantissa, the mantissa from 0.5 to 1.
      (local.set $exponent
        (f32x4.convert_i32x4_s
          (i32x4.sub
            (i32x4.shr_u (local.get $x) (i32.const 23))
            (v128.const i32x4 126 126 126 126))))
      (local.set $x
        (v128.or
          (v128.and
            (local.get $x)
            (v128.const i32x4 0x007fffff 0x007fffff 0x007fffff 0x007fffff))
          (v128.const f32x4 0.5 0.5 0.5 0.5)))
      ;; Below √½ it is doubled: then it lies around 1, and x is what is over 1.
      (local.set $small
        (f32x4.lt
          (local.get $x)
          (v128.const f32x4 0.70710678 0.70710678 0.70710678 0.70710678)))
      (local.set $exponent
        (f32x4.sub
          (local.get $exponent)
          (v128.and (local.get $small) (v128.const f32x4 1 1 1 1))))
      (local.set $x
        (f32x4.sub
          (f32x4.add (local.get $x) (v128.and (local.get $small) (local.get $x)))
          (v128.const f32x4 1 1 1 1)))
      (local.set $y (f32x4.splat (f32.const 7.0376836292e-2)))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const -1.1514610310e-1))))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const 1.1676998740e-1))))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const -1.2420140846e-1))))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const 1.4249322787e-1))))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const -1.6668057665e-1))))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const 2.0000714765e-1))))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const -2.4999993993e-1))))
      (local.set $y
        (f32x4.add
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.splat (f32.const 3.3333331174e-1))))
      ;; ln(1 + x) = x − x² / 2 + x³ · y; ln 2 is added in two parts, the first of them exact.
      (local.set $y
        (f32x4.mul
          (f32x4.mul (local.get $y) (local.get $x))
          (f32x4.mul (local.get $x) (local.get $x))))
      (local.set $y
        (f32x4.add
          (local.get $y)
          (f32x4.mul (local.get $exponent) (f32x4.splat (f32.const -2.12194440e-4)))))
      (local.set $y
        (f32x4.sub
          (local.get $y)
          (f32x4.mul
            (f32x4.mul (local.get $x) (local.get $x))
            (v128.const f32x4 0.5 0.5 0.5 0.5))))
      (local.set $y
        (f32x4.add
          (f32x4.add (local.get $x) (local.get $y))
          (f32x4.mul (local.get $exponent) (f32x4.splat (f32.const 0.693359375)))))
      (v128.store
        (local.get $values)
        (f32x4.mul
          (f32x4.add (local.get $y) (f32x4.splat (local.get $shift)))
          (f32x4.splat (local.get $scale))))
      (local.set $values (i32.add (local.get $values) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $values) (local.get $end)))))
)
