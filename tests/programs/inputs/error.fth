\ An error inside of a definition ends the program.

: safe-divide ( a b -- q ) dup 0= if ." (by zero) " then / ;

." before" cr
10 2 safe-divide . cr
10 0 safe-divide . cr
." after" cr
