#include "textflag.h"

// The loops of vector.go with four elements to a register. Products and sums are those of the Go
// code, each rounded; nothing is fused.

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	XORL CX, CX
	CPUID
	CMPL AX, $7
	JLT  none
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $0x18000000, CX // OSXSAVE and AVX
	CMPL CX, $0x18000000
	JNE  none
	XORL CX, CX
	XGETBV
	ANDL $6, AX // the system keeps registers of 256 bits
	CMPL AX, $6
	JNE  none
	MOVL $7, AX
	XORL CX, CX
	CPUID
	TESTL $0x20, BX // AVX2
	JZ   none
	MOVB $1, ret+0(FP)

none:
	RET

// CONSTANTS: Y15 roundToInt, Y14 perUnit, Y13 and Y12 ln 2/128, Y11 1, Y10 1/2, Y9 1/6, Y8 1/24,
// Y7 the sign, Y6 the last bits of an index.
#define CONSTANTS \
	VBROADCASTSD ·constants+0(SB), Y15  \
	VBROADCASTSD ·constants+8(SB), Y14  \
	VBROADCASTSD ·constants+16(SB), Y13 \
	VBROADCASTSD ·constants+24(SB), Y12 \
	VBROADCASTSD ·constants+32(SB), Y11 \
	VBROADCASTSD ·constants+40(SB), Y10 \
	VBROADCASTSD ·constants+48(SB), Y9  \
	VBROADCASTSD ·constants+56(SB), Y8  \
	VPCMPEQD     Y6, Y6, Y6             \
	VPSLLQ       $63, Y6, Y7            \
	VPSRLQ       $57, Y6, Y6            \
	LEAQ         ·powers(SB), R8

// EXPNEG: Y2 = exp(-v), v at (AX).
#define EXPNEG \
	VMOVUPD    (AX), Y0         \
	VMULPD     Y14, Y0, Y1      \
	VSUBPD     Y1, Y15, Y1      \
	VSUBPD     Y15, Y1, Y2      \
	VXORPD     Y7, Y0, Y0       \
	VMULPD     Y13, Y2, Y3      \
	VSUBPD     Y3, Y0, Y0       \
	VMULPD     Y12, Y2, Y3      \
	VSUBPD     Y3, Y0, Y0       \
	VPAND      Y6, Y1, Y3       \
	VPCMPEQD   Y4, Y4, Y4       \
	VPXOR      Y5, Y5, Y5       \
	VGATHERQPD Y4, (R8)(Y3*8), Y5 \
	VMULPD     Y8, Y0, Y2       \
	VADDPD     Y9, Y2, Y2       \
	VMULPD     Y0, Y2, Y2       \
	VADDPD     Y10, Y2, Y2      \
	VMULPD     Y0, Y2, Y2       \
	VADDPD     Y11, Y2, Y2      \
	VMULPD     Y0, Y2, Y2       \
	VADDPD     Y11, Y2, Y2      \
	VPSRLQ     $7, Y1, Y1       \
	VPSLLQ     $52, Y1, Y1      \
	VPADDQ     Y1, Y5, Y5       \
	VMULPD     Y5, Y2, Y2

// func slopes4(s, a *float64, n int)
TEXT ·slopes4(SB), NOSPLIT, $0-24
	MOVQ s+0(FP), DI
	MOVQ a+8(FP), AX
	MOVQ n+16(FP), CX
	CONSTANTS

loop:
	EXPNEG
	VADDPD  Y11, Y2, Y2
	VDIVPD  Y2, Y11, Y2
	VMOVUPD Y2, (DI)
	ADDQ    $32, AX
	ADDQ    $32, DI
	SUBQ    $4, CX
	JNZ     loop
	VZEROUPPER
	RET

// func twoSlopes4(s, p, a *float64, n int, q float64)
TEXT ·twoSlopes4(SB), NOSPLIT, $0-40
	MOVQ s+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ a+16(FP), AX
	MOVQ n+24(FP), CX
	CONSTANTS

loop:
	EXPNEG
	VBROADCASTSD q+32(FP), Y0
	VADDPD  Y11, Y2, Y1 // one
	VMULPD  Y2, Y0, Y2
	VADDPD  Y11, Y2, Y2 // two
	VMULPD  Y1, Y2, Y3
	VDIVPD  Y3, Y11, Y3 // z
	VMULPD  Y2, Y3, Y2
	VMULPD  Y1, Y3, Y1
	VMOVUPD Y2, (DI)
	VMOVUPD Y1, (SI)
	ADDQ    $32, AX
	ADDQ    $32, DI
	ADDQ    $32, SI
	SUBQ    $4, CX
	JNZ     loop
	VZEROUPPER
	RET

// func combine32(y, x, w *float64, n, m, columns int)
TEXT ·combine32(SB), NOSPLIT, $0-48
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+24(FP), CX
	MOVQ m+32(FP), DX
	SHLQ $3, DX

block:
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	MOVQ   w+16(FP), BX
	MOVQ   columns+40(FP), R9
	MOVQ   SI, AX

column:
	VBROADCASTSD (BX), Y8
	VMULPD 0(AX), Y8, Y9
	VADDPD Y9, Y0, Y0
	VMULPD 32(AX), Y8, Y10
	VADDPD Y10, Y1, Y1
	VMULPD 64(AX), Y8, Y11
	VADDPD Y11, Y2, Y2
	VMULPD 96(AX), Y8, Y12
	VADDPD Y12, Y3, Y3
	VMULPD 128(AX), Y8, Y9
	VADDPD Y9, Y4, Y4
	VMULPD 160(AX), Y8, Y10
	VADDPD Y10, Y5, Y5
	VMULPD 192(AX), Y8, Y11
	VADDPD Y11, Y6, Y6
	VMULPD 224(AX), Y8, Y12
	VADDPD Y12, Y7, Y7
	ADDQ   DX, AX
	ADDQ   $8, BX
	DECQ   R9
	JNZ    column
	VMOVUPD Y0, 0(DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPD Y4, 128(DI)
	VMOVUPD Y5, 160(DI)
	VMOVUPD Y6, 192(DI)
	VMOVUPD Y7, 224(DI)
	ADDQ   $256, DI
	ADDQ   $256, SI
	SUBQ   $32, CX
	JNZ    block
	VZEROUPPER
	RET

// func combine4(y, x, w *float64, n, m, columns int)
TEXT ·combine4(SB), NOSPLIT, $0-48
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+24(FP), CX
	MOVQ m+32(FP), DX
	SHLQ $3, DX

block:
	VXORPD Y0, Y0, Y0
	MOVQ   w+16(FP), BX
	MOVQ   columns+40(FP), R9
	MOVQ   SI, AX

column:
	VBROADCASTSD (BX), Y8
	VMULPD (AX), Y8, Y4
	VADDPD Y4, Y0, Y0
	ADDQ   DX, AX
	ADDQ   $8, BX
	DECQ   R9
	JNZ    column
	VMOVUPD Y0, (DI)
	ADDQ   $32, DI
	ADDQ   $32, SI
	SUBQ   $4, CX
	JNZ    block
	VZEROUPPER
	RET

// func sums10(acc, pairs, v *float64, n int)
TEXT ·sums10(SB), NOSPLIT, $0-32
	MOVQ   acc+0(FP), DI
	MOVQ   pairs+8(FP), SI
	MOVQ   v+16(FP), AX
	MOVQ   n+24(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4

loop:
	VBROADCASTF128 (AX), Y10
	VMULPD (SI), Y10, Y5
	VMULPD 32(SI), Y10, Y6
	VMULPD 64(SI), Y10, Y7
	VMULPD 96(SI), Y10, Y8
	VMULPD 128(SI), Y10, Y9
	VADDPD Y5, Y0, Y0
	VADDPD Y6, Y1, Y1
	VADDPD Y7, Y2, Y2
	VADDPD Y8, Y3, Y3
	VADDPD Y9, Y4, Y4
	ADDQ   $160, SI
	ADDQ   $16, AX
	DECQ   CX
	JNZ    loop
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPD Y4, 128(DI)
	VZEROUPPER
	RET

#define BOTH(at, one, two) \
	VMOVUPD at(SI), Y12        \
	VMULPD  Y12, Y10, Y13      \
	VMULPD  Y12, Y11, Y14      \
	VADDPD  Y13, one, one      \
	VADDPD  Y14, two, two

// func twoSums10(acc, pairs, v0, v1 *float64, n int)
TEXT ·twoSums10(SB), NOSPLIT, $0-40
	MOVQ   acc+0(FP), DI
	MOVQ   pairs+8(FP), SI
	MOVQ   v0+16(FP), AX
	MOVQ   v1+24(FP), BX
	MOVQ   n+32(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	VXORPD Y8, Y8, Y8
	VXORPD Y9, Y9, Y9

loop:
	VBROADCASTF128 (AX), Y10
	VBROADCASTF128 (BX), Y11
	BOTH(0, Y0, Y5)
	BOTH(32, Y1, Y6)
	BOTH(64, Y2, Y7)
	BOTH(96, Y3, Y8)
	BOTH(128, Y4, Y9)
	ADDQ   $160, SI
	ADDQ   $16, AX
	ADDQ   $16, BX
	DECQ   CX
	JNZ    loop
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPD Y4, 128(DI)
	VMOVUPD Y5, 160(DI)
	VMOVUPD Y6, 192(DI)
	VMOVUPD Y7, 224(DI)
	VMOVUPD Y8, 256(DI)
	VMOVUPD Y9, 288(DI)
	VZEROUPPER
	RET

// func addOuter4(m, v, x *float64, alpha float64, rows, n, stride int)
// Four rows at a time, then the others one by one; n is a multiple of 4.
TEXT ·addOuter4(SB), NOSPLIT, $0-56
	MOVQ m+0(FP), DI
	MOVQ v+8(FP), SI
	MOVQ x+16(FP), AX
	VBROADCASTSD alpha+24(FP), Y8
	MOVQ rows+32(FP), CX
	MOVQ n+40(FP), R10
	SHLQ $3, R10
	MOVQ stride+48(FP), DX
	SHLQ $3, DX
	LEAQ (DX)(DX*2), R11

four:
	SUBQ $4, CX
	JLT  rest
	VBROADCASTSD (SI), Y0
	VBROADCASTSD 8(SI), Y1
	VBROADCASTSD 16(SI), Y2
	VBROADCASTSD 24(SI), Y3
	VMULPD Y0, Y8, Y0
	VMULPD Y1, Y8, Y1
	VMULPD Y2, Y8, Y2
	VMULPD Y3, Y8, Y3
	MOVQ   DI, R8
	XORQ   BX, BX

columns:
	VMOVUPD (AX)(BX*1), Y9
	VMULPD  Y9, Y0, Y4
	VMULPD  Y9, Y1, Y5
	VMULPD  Y9, Y2, Y6
	VMULPD  Y9, Y3, Y7
	VADDPD  (R8), Y4, Y4
	VADDPD  (R8)(DX*1), Y5, Y5
	VADDPD  (R8)(DX*2), Y6, Y6
	VADDPD  (R8)(R11*1), Y7, Y7
	VMOVUPD Y4, (R8)
	VMOVUPD Y5, (R8)(DX*1)
	VMOVUPD Y6, (R8)(DX*2)
	VMOVUPD Y7, (R8)(R11*1)
	ADDQ    $32, R8
	ADDQ    $32, BX
	CMPQ    BX, R10
	JLT     columns
	ADDQ    $32, SI
	LEAQ    (DI)(DX*4), DI
	JMP     four

rest:
	ADDQ $4, CX
	JZ   done

row:
	VBROADCASTSD (SI), Y0
	VMULPD Y0, Y8, Y0
	XORQ   BX, BX

column:
	VMULPD  (AX)(BX*1), Y0, Y4
	VADDPD  (DI)(BX*1), Y4, Y4
	VMOVUPD Y4, (DI)(BX*1)
	ADDQ    $32, BX
	CMPQ    BX, R10
	JLT     column
	ADDQ    $8, SI
	ADDQ    DX, DI
	DECQ    CX
	JNZ     row

done:
	VZEROUPPER
	RET
