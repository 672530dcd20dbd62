/**
 * Code points of bytes 80–FF of each single-byte character set, as the servers convert them (equal on
 * MySQL 5.6, 5.7, 9.7 and MariaDB 10.11, 11.8). `x*n`: n code points from hex x on; `?*n`: n bytes
 * without a character, which the servers convert to a question mark. latin1 is Windows-1252 with
 * the five free bytes as controls. swe7 differs from ASCII below 80 too: LOW_HALVES.
 */
const HIGH_HALVES: Readonly<Record<string, string>> = {
  ascii: '?*128',
  latin1: `
    20ac 81 201a 192 201e 2026 2020*2 2c6 2030 160 2039 152 8d 17d 8f*2 2018*2 201c*2 2022
    2013*2 2dc 2122 161 203a 153 9d 17e 178 a0*96`,
  tis620: '80*32 fffd e01*58 fffd fffd fffd fffd e3f*29 fffd fffd fffd fffd',
  greek: '80*33 2bd 2bc a3 ?*2 a6*4 ? ab*3 ? 2015 b0*4 384*3 b7 388*3 bb 38c bd 38e*20 ? 3a3*44 ?',
  hebrew: '80*33 ? a2*8 d7 ab*4 203e b0*10 f7 bb*4 ?*32 2017 5d0*27 ?*2 200e*2 ?',
  koi8r: `
    2500 2502 250c 2510 2514 2518 251c 2524 252c 2534 253c 2580 2584 2588 258c 2590*4 2320
    25a0 2219*2 2248 2264*2 a0 2321 b0 b2 b7 f7 2550*3 451 2553*15 401 2562*11 a9 44e 430*2
    446 434*2 444 433 445 438*8 44f 440*4 436 432 44c 44b 437 448 44d 449 447 44a 42e 410*2
    426 414*2 424 413 425 418*8 42f 420*4 416 412 42c 42b 417 428 42d 429 427 42a`,
  koi8u: `
    2500 2502 250c 2510 2514 2518 251c 2524 252c 2534 253c 2580 2584 2588 258c 2590*4 2320
    25a0 2022 221a 2248 2264*2 a0 2321 b0 b2 b7 f7 2550*3 451 454 2554 456*2 2557*5 491 255d*5
    401 404 2563 406*2 2566*5 490 256c a9 44e 430*2 446 434*2 444 433 445 438*8 44f 440*4 436
    432 44c 44b 437 448 44d 449 447 44a 42e 410*2 426 414*2 424 413 425 418*8 42f 420*4 416
    412 42c 42b 417 428 42d 429 427 42a`,
  cp850: `
    c7 fc e9 e2 e4 e0 e5 e7 ea*2 e8 ef ee ec c4*2 c9 e6 c6 f4 f6 f2 fb f9 ff d6 dc f8 a3 d8 d7
    192 e1 ed f3 fa f1 d1 aa ba bf ae ac bd bc a1 ab bb 2591*3 2502 2524 c1*2 c0 a9 2563 2551
    2557 255d a2 a5 2510 2514 2534 252c 251c 2500 253c e3 c3 255a 2554 2569 2566 2560 2550
    256c a4 f0 d0 ca*2 c8 131 cd*3 2518 250c 2588 2584 a6 cc 2580 d3 df d4 d2 f5 d5 b5 fe de
    da*2 d9 fd dd af b4 ad b1 2017 be b6 a7 f7 b8 b0 a8 b7 b9 b3 b2 25a0 a0`,
  cp852: `
    c7 fc e9 e2 e4 16f 107 e7 142 eb 150*2 ee 179 c4 106 c9 139*2 f4 f6 13d*2 15a*2 d6 dc
    164*2 141 d7 10d e1 ed f3 fa 104*2 17d*2 118*2 ac 17a 10c 15f ab bb 2591*3 2502 2524 c1*2
    11a 15e 2563 2551 2557 255d 17b*2 2510 2514 2534 252c 251c 2500 253c 102*2 255a 2554 2569
    2566 2560 2550 256c a4 111 110 10e cb 10f 147 cd*2 11b 2518 250c 2588 2584 162 16e 2580 d3
    df d4 143*2 148 160*2 154 da 155 170 fd dd 163 b4 ad 2dd 2db 2c7 2d8 a7 f7 b8 b0 a8 2d9
    171 158*2 25a0 a0`,
  cp866: `
    410*48 2591*3 2502 2524 2561*2 2556 2555 2563 2551 2557 255d 255c 255b 2510 2514 2534 252c
    251c 2500 253c 255e*2 255a 2554 2569 2566 2560 2550 256c 2567*2 2564*2 2559 2558 2552*2
    256b 256a 2518 250c 2588 2584 258c 2590 2580 440*16 401 451 404 454 407 457 40e 45e b0
    2219 b7 221a 207f b2 25a0 a0`,
  cp1250: `
    20ac ? 201a ? 201e 2026 2020*2 ? 2030 160 2039 15a 164 17d 179 ? 2018*2 201c*2 2022 2013*2
    ? 2122 161 203a 15b 165 17e 17a a0 2c7 2d8 141 a4 104 a6*4 15e ab*4 17b b0*2 2db 142 b4*5
    105 15f bb 13d 2dd 13e 17c 154 c1*2 102 c4 139 106 c7 10c c9 118 cb 11a cd*2 10e 110 143
    147 d3*2 150 d6*2 158 16e da 170 dc*2 162 df 155 e1*2 103 e4 13a 107 e7 10d e9 119 eb 11b
    ed*2 10f 111 144 148 f3*2 151 f6*2 159 16f fa 171 fc*2 163 2d9`,
  cp1251: `
    402*2 201a 453 201e 2026 2020*2 20ac 2030 409 2039 40a 40c 40b 40f 452 2018*2 201c*2 2022
    2013*2 ? 2122 459 203a 45a 45c 45b 45f a0 40e 45e 408 a4 490 a6*2 401 a9 404 ab*4 407 b0*2
    406 456 491 b5*3 451 2116 454 bb 458 405 455 457 410*64`,
  cp1256: `
    20ac 67e 201a 192 201e 2026 2020*2 2c6 2030 ? 2039 152 686 698 ? 6af 2018*2 201c*2 2022
    2013*2 ? 2122 ? 203a 153 200c*2 ? a0 60c a2*8 ? ab*15 61b bb*4 61f ? 621*22 d7 637*4 640*4
    e0 644 e2 645*4 e7*5 649*2 ee*2 64b*4 f4 64f*2 f7 651 f9 652 fb*2 200e*2 ?`,
  cp1257: `
    20ac ? 201a ? 201e 2026 2020*2 ? 2030 ? 2039 ? a8 2c7 b8 ? 2018*2 201c*2 2022 2013*2 ?
    2122 ? 203a ? af 2db ? a0 ? a2*3 ? a6*2 d8 a9 156 ab*4 c6 b0*8 f8 b9 157 bb*4 e6 104 12e
    100 106 c4*2 118 112 10c c9 179 116 122 136 12a 13b 160 143 145 d3 14c d5*3 172 141 15a
    16a dc 17b 17d df 105 12f 101 107 e4*2 119 113 10d e9 17a 117 123 137 12b 13c 161 144 146
    f3 14d f5*3 173 142 15b 16b fc 17c 17e 2d9`,
  latin2: `
    80*33 104 2d8 141 a4 13d 15a a7*2 160 15e 164 179 ad 17d 17b b0 105 2db 142 b4 13e 15b 2c7
    b8 161 15f 165 17a 2dd 17e 17c 154 c1*2 102 c4 139 106 c7 10c c9 118 cb 11a cd*2 10e 110
    143 147 d3*2 150 d6*2 158 16e da 170 dc*2 162 df 155 e1*2 103 e4 13a 107 e7 10d e9 119 eb
    11b ed*2 10f 111 144 148 f3*2 151 f6*2 159 16f fa 171 fc*2 163 2d9`,
  latin5: '80*80 11e d1*12 130 15e df*17 11f f1*12 131 15f ff',
  latin7: `
    80*33 201d a2*3 201e a6*2 d8 a9 156 ab*4 c6 b0*4 201c b5*3 f8 b9 157 bb*4 e6 104 12e 100
    106 c4*2 118 112 10c c9 179 116 122 136 12a 13b 160 143 145 d3 14c d5*3 172 141 15a 16a dc
    17b 17d df 105 12f 101 107 e4*2 119 113 10d e9 17a 117 123 137 12b 13c 161 144 146 f3 14d
    f5*3 173 142 15b 16b fc 17c 17e 2019`,
  macroman: `
    c4*2 c7 c9 d1 d6 dc e1 e0 e2 e4 e3 e5 e7 e9 e8 ea*2 ed ec ee*2 f1 f3 f2 f4 f6 f5 fa f9
    fb*2 2020 b0 a2*2 a7 2022 b6 df ae a9 2122 b4 a8 2260 c6 d8 221e b1 2264*2 a5 b5 2202 2211
    220f 3c0 222b aa ba 3a9 e6 f8 bf a1 ac 221a 192 2248 2206 ab bb 2026 a0 c0 c3 d5 152*2
    2013*2 201c*2 2018*2 f7 25ca ff 178 2044 20ac 2039*2 fb01*2 2021 b7 201a 201e 2030 c2 ca
    c1 cb c8 cd*3 cc d3*2 f8ff d2 da*2 d9 131 2c6 2dc af 2d8*3 b8 2dd 2db 2c7`,
  macce: `
    c4 100*2 c9 104 d6 dc e1 105 10c e4 10d 106*2 e9 179*2 10e ed 10f 112*2 116 f3 117 f4 f6
    f5 fa 11a*2 fc 2020 b0 118 a3 a7 2022 b6 df ae a9 2122 119 a8 2260 123 12e*2 12a 2264*2
    12b 136 2202 2211 142 13b*4 139*2 145*2 143 ac 221a 144 147 2206 ab bb 2026 a0 148 150 d5
    151 14c 2013*2 201c*2 2018*2 f7 25ca 14d 154*2 158 2039*2 159 156*2 160 201a 201e 161
    15a*2 c1 164*2 cd 17d*2 16a d3*2 16b 16e da 16f*5 dd fd 137 17b 141 17c 122 2c7`,
  armscii8: `
    80*33 2741 a7 589 29 28 bb ab 2014 2e 55d 2c*2 55f 2026 55c 55b 55e 531 561 532 562 533
    563 534 564 535 565 536 566 537 567 538 568 539 569 53a 56a 53b 56b 53c 56c 53d 56d 53e
    56e 53f 56f 540 570 541 571 542 572 543 573 544 574 545 575 546 576 547 577 548 578 549
    579 54a 57a 54b 57b 54c 57c 54d 57d 54e 57e 54f 57f 550 580 551 581 552 582 553 583 554
    584 555 585 556 586 2019 27`,
  dec8: `
    80*36 ? a5 ? a7 a4 a9*3 ?*4 b0*4 ? b5*3 ? b9*5 ? bf*17 ? d1*6 152 d8*5 178 ? df*17 ? f1*6
    153 f8*5 ff ?*2`,
  hp8: `
    80*33 c0 c2 c8 ca*2 ce*2 b4 2cb 2c6 a8 2dc d9 db 20a4 af dd fd b0 c7 e7 d1 f1 a1 bf a4 a3
    a5 a7 192 a2 e2 ea f4 fb e1 e9 f3 fa e0 e8 f2 f9 e4 eb f6 fc c5 ee d8 c6 e5 ed f8 e6 c4 ec
    d6 dc c9 ef df d4 c1 c3 e3 d0 f0 cd cc d3 d2 d5 f5 160*2 da 178 ff de fe b7 b5*2 be 2014
    bc*2 aa ba ab 25a0 bb b1 ?`,
  swe7: '?*128',
  keybcs2: `
    10c fc e9 10f e4 10e 164 10d 11b 11a 139 cd 13e 13a c4 c1 c9 17e 17d f4 f6 d3 16f da fd d6
    dc 160 13d dd 158 165 e1 ed f3 fa 148 147 16e d4 161 159 155 154 bc a1 ab bb 2591*3 2502
    2524 2561*2 2556 2555 2563 2551 2557 255d 255c 255b 2510 2514 2534 252c 251c 2500 253c
    255e*2 255a 2554 2569 2566 2560 2550 256c 2567*2 2564*2 2559 2558 2552*2 256b 256a 2518
    250c 2588 2584 258c 2590 2580 3b1 df 393 3c0 3a3 3c3 b5 3c4 3a6 398 3a9 3b4 221e 3c6 3b5
    2229 2261 b1 2265 2264 2320*2 f7 2248 b0 2219 b7 221a 207f b2 25a0 a0`,
  geostd8: `
    20ac ? 201a ? 201e 2026 2020*2 ? 2030 ? 2039 ?*5 2018*2 201c*2 2022 2013*2 ?*3 203a ?*4
    a0*32 10d0*7 10f1 10d7*6 10f2 10dd*6 10f3 10e3*12 10f4 10ef*2 10f5 ?*23 2116 ?*2`,
};

/** Bytes below 80 that are not ASCII, as pairs of byte and code point. */
const LOW_HALVES: Readonly<Record<string, string>> = {
  swe7: '40 c9 5b c4 5c d6 5d c5 5e dc 60 e9 7b e4 7c f6 7d e5 7e fc 7f 3f',
};

const tables = new Map<string, readonly string[]>();

function buildTable(charset: string, high: string): readonly string[] {
  const table: string[] = [];
  for (let byte = 0; byte < 128; byte++) table.push(String.fromCharCode(byte));
  for (const run of high.trim().split(/\s+/)) {
    const [first = '', count = '1'] = run.split('*');
    for (let i = 0; i < Number(count); i++) {
      table.push(first === '?' ? '?' : String.fromCharCode(parseInt(first, 16) + i));
    }
  }
  const low = LOW_HALVES[charset]?.split(' ') ?? [];
  for (let i = 0; i + 1 < low.length; i += 2) {
    table[parseInt(low[i] ?? '', 16)] = String.fromCharCode(parseInt(low[i + 1] ?? '', 16));
  }
  return table;
}

/** The 256 characters of a single-byte character set; undefined: it is not one. */
export function singleByteTable(charset: string): readonly string[] | undefined {
  const known = tables.get(charset);
  if (known !== undefined) return known;
  const high = Object.hasOwn(HIGH_HALVES, charset) ? HIGH_HALVES[charset] : undefined;
  if (high === undefined) return undefined;
  const table = buildTable(charset, high);
  tables.set(charset, table);
  return table;
}

/** True when bytes below 80 are ASCII in it. */
export function isAsciiBased(charset: string): boolean {
  return !Object.hasOwn(LOW_HALVES, charset);
}
