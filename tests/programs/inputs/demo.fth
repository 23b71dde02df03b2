\ A tour of the interpreter, and some work for it.

: squared ( n -- n*n ) dup * ;
: ?. ( flag -- ) if ." yes " else ." no " then ;

." Arithmetic" cr
7 squared . 1 2 + 3 * . 17 5 /mod . . -17 5 /mod . . 100 7 3 */ . cr
5 3 max . 5 3 min . -9 abs . 12 10 and . 12 10 or . 12 10 xor . 0 invert . cr
1 10 lshift . -1 28 rshift . 3 4 < ?. 4 3 < ?. -1 1 u< ?. cr
hex ff . decimal 255 hex . $7fffffff 1+ u. decimal cr
1 2 3 rot .s 2drop drop cr

\ ---- recursion ----------------------------------------------------------

: fib ( n -- f ) dup 2 < if exit then dup 1- recurse swap 2 - recurse + ;
: factorial ( n -- n! ) dup 1 > if dup 1- recurse * else drop 1 then ;
: gcd ( a b -- g ) begin ?dup while tuck mod repeat ;

: fibs ( n -- ) 0 do i fib . loop ;
." Fibonacci " 16 fibs cr
." fib 22 " 22 fib . cr
." 10! " 10 factorial . ." gcd " 1071 462 gcd . cr

\ ---- primes -------------------------------------------------------------

30000 constant limit
create flags limit allot

: sieve ( -- count )
  flags limit 1 fill
  0 limit 2 do
    i flags + c@ if
      1+
      i i squared dup limit < if
        limit swap do 0 i flags + c! dup +loop
      else drop then
      drop
    then
  loop ;

: last-prime ( -- n ) limit begin 1- dup flags + c@ until ;

." Primes below 30000: " sieve . ." the last one is " last-prime . cr

\ ---- sorting ------------------------------------------------------------

variable seed
: random ( -- n ) seed @ 1103515245 * 12345 + dup seed ! 16 rshift $7fff and ;

: array ( n -- ) create cells allot does> ( i -- address ) swap cells + ;
400 constant size
size array items

: fill-items 42 seed ! size 0 do random i items ! loop ;
: swap-items ( i j -- ) 2dup items @ swap items @ rot items ! swap items ! ;
: bubble-sort
  size 1- 0 do
    size 1- i - 0 ?do
      i items @ i 1+ items @ > if i i 1+ swap-items then
    loop
  loop ;
: sorted? ( -- flag )
  -1 size 1- 0 do i items @ i 1+ items @ > if drop 0 leave then loop ;
: checksum ( -- n ) 0 size 0 do 31 * i items @ xor loop ;

: first-items ( n -- ) 0 do i items @ . loop ;
: report 8 first-items sorted? ?. checksum u. cr ;

fill-items
." Before: " report
bubble-sort
." After:  " report

\ ---- strings and tables -------------------------------------------------

: stars ( n -- ) 0 ?do [char] * emit loop ;
: pyramid ( n -- ) dup 1+ 1 do dup i - spaces i 2* 1- stars cr loop drop ;
6 pyramid

: reversed ( address count -- ) begin dup while 1- 2dup + c@ emit repeat 2drop ;
s" forth was here" reversed cr
s" Typed" type space char ! emit cr
: greet s" hello from a definition" type ;
greet cr

: table ( n -- )
  dup 1+ 1 do
    dup 1+ 1 do i j * 5 .r loop cr
  loop drop ;
7 table

\ ---- control structures -------------------------------------------------

: collatz ( n -- steps )
  0 swap begin dup 1 <> while
    dup 1 and if 3 * 1+ else 2/ then swap 1+ swap
  repeat drop ;

: longest ( limit -- )
  0 0 rot 1 do
    i collatz 2dup < if nip nip i swap else drop then
  loop swap ." start " . ." steps " . ;

." Collatz: " 3000 longest cr

: count-down begin dup . 1- dup 0= until drop ;
: first-multiple ( n -- ) 100 50 do i over mod 0= if i . leave then loop drop ;
: evens 20 0 do i . 4 +loop 0 20 do i . -4 +loop ;
: nothing 5 5 ?do ." never" loop ;
5 count-down 17 first-multiple evens nothing cr

\ ---- execution tokens, defining words, immediate words ------------------

: apply-twice ( n xt -- m ) tuck execute swap execute ;
: double 2 * ;
3 ' double apply-twice . 3 ' squared apply-twice . cr
: counter create 0 , does> dup @ 1+ tuck swap ! ;
counter tick
counter tock
tick . tick . tock . tick . cr
: shout ." (compiling) " ; immediate
: quiet shout 1 2 + ;
quiet . cr

\ ---- the Mandelbrot set in fixed point ----------------------------------

4096 constant one
: f* ( a b -- c ) one */ ;
variable cr0  variable ci0  variable zr  variable zi

: escapes ( -- n )
  0 zr ! 0 zi !
  40 0 do
    zr @ dup f* zi @ dup f* 2dup + 4 one * > if 2drop i unloop exit then
    - cr0 @ +
    zr @ zi @ f* 2* ci0 @ + zi !
    zr !
  loop 40 ;

: shade ( n -- ) dup 40 = if drop 42 else 4 < if 32 else 46 then then emit ;
: mandelbrot
  21 0 do
    60 0 do
      i 40 - one * 20 / cr0 !
      j 10 - one * 9 / ci0 !
      escapes shade
    loop cr
  loop ;
mandelbrot

depth . ." left on the stack" cr
bye
this is never read
