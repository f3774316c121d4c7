export type Category =
  | 'Brakes'
  | 'Accessories'
  | 'Bags'
  | 'Drivetrain'
  | 'Lights'
  | 'Saddles'
  | 'Tools'
  | 'Wheels'

export interface Product {
  slug: string
  name: string
  category: Category
  /** Cents of a euro. */
  price: number
  /** Grams. */
  weight: number
  /** Pieces in stock at the start. */
  stock: number
  /** Stars, 1 to 5, of each review that the shop was opened with. */
  ratings: number[]
  summary: string
}

type Row = [
  name: string,
  category: Category,
  price: number,
  weight: number,
  stock: number,
  ratings: number[],
  summary: string,
]

/** The whole shop, by name: three pages of nine. The cheapest product is on the third. */
const rows: Row[] = [
  [
    'Alpine brake pads',
    'Brakes',
    1490,
    48,
    34,
    [5, 4, 4],
    'Sintered pads that stay quiet on long, wet descents.',
  ],
  [
    'Beacon front light',
    'Lights',
    5900,
    142,
    12,
    [5, 5],
    'An 80 lux beam with a cut-off, so that nobody is dazzled.',
  ],
  [
    'Blackthorn saddle',
    'Saddles',
    8950,
    312,
    7,
    [4, 5, 3],
    'Leather on a steel frame; takes 300 km to become yours.',
  ],
  ['Cable cutter', 'Tools', 2450, 190, 21, [5], 'Hardened jaws that leave the strands round.'],
  [
    'Canvas saddle bag',
    'Bags',
    4200,
    280,
    15,
    [4, 4],
    'Waxed cotton, six litres, two buckles and no rattle.',
  ],
  [
    'Chain, 11-speed',
    'Drivetrain',
    3190,
    257,
    40,
    [4, 5, 5],
    'Nickel plated, with a link that opens by hand.',
  ],
  ['Chain whip', 'Tools', 1850, 264, 9, [4], 'Holds a cassette of 8 to 12 sprockets.'],
  [
    'Commuter pannier',
    'Bags',
    7400,
    890,
    11,
    [5, 4],
    'Twenty litres, welded seams, hooks that need no tool.',
  ],
  [
    'Copper bell',
    'Accessories',
    1650,
    61,
    50,
    [5, 5, 5],
    'One clear note that carries across a square.',
  ],
  ['Disc rotor, 160 mm', 'Brakes', 2790, 108, 26, [4], 'Stainless steel, six bolts, vented.'],
  [
    'Drift rear light',
    'Lights',
    3450,
    46,
    31,
    [4, 5],
    'Burns 40 hours and brightens when you brake.',
  ],
  [
    'Ember dynamo light',
    'Lights',
    6800,
    118,
    0,
    [5],
    'Runs from the hub and goes on for four minutes at a stop.',
  ],
  [
    'Floor pump',
    'Tools',
    4950,
    1420,
    14,
    [5, 4, 5],
    'Eleven bar, a long hose and a gauge you can read standing.',
  ],
  ['Handlebar roll', 'Bags', 5650, 340, 8, [3, 4], 'Opens at both ends; holds a sleeping bag dry.'],
  [
    'Hollow crankset',
    'Drivetrain',
    15900,
    598,
    4,
    [5],
    'Forged arms and 46/30 rings for loaded touring.',
  ],
  [
    'Hydraulic brake kit',
    'Brakes',
    11800,
    486,
    6,
    [4, 5],
    'Lever, hose and caliper, filled and bled.',
  ],
  ['Jockey wheels', 'Drivetrain', 2250, 26, 18, [4], 'Sealed bearings, eleven teeth, a pair.'],
  [
    'Ladder wheelset',
    'Wheels',
    24900,
    1740,
    3,
    [5, 5],
    'Thirty-two spokes, laced by hand, trued to 0.2 mm.',
  ],
  [
    'Merino saddle cover',
    'Saddles',
    3600,
    88,
    13,
    [4],
    'Felted wool: dry in an hour, warm in November.',
  ],
  [
    'Multi-tool, 14 bits',
    'Tools',
    2990,
    148,
    27,
    [5, 4],
    'All you need by the roadside, and a bottle opener.',
  ],
  [
    'Patch kit',
    'Tools',
    690,
    32,
    80,
    [5, 4, 4],
    'Six patches, glue and a piece of sandpaper in a tin.',
  ],
  [
    'Rim brake blocks',
    'Brakes',
    990,
    54,
    44,
    [3, 4],
    'For alloy rims; wear evenly and do not squeal.',
  ],
  ['Spoke key', 'Tools', 750, 38, 36, [5], 'Fits all four common nipples without rounding them.'],
  ['Steel cassette', 'Drivetrain', 4350, 412, 16, [4, 4], 'Eleven sprockets, 11 to 34 teeth.'],
  [
    'Tubeless tyre, 40 mm',
    'Wheels',
    4690,
    520,
    22,
    [5, 4],
    'Rolls on tarmac like a slick and grips on gravel.',
  ],
  [
    'Valve caps, a pair',
    'Wheels',
    190,
    4,
    120,
    [4, 5],
    'Turned brass. Keeps the dust out, which is all it does.',
  ],
  ['Wool seat pad', 'Saddles', 5200, 210, 0, [4], 'For the passenger on the rear rack.'],
]

export const products: readonly Product[] = rows.map(
  ([name, category, price, weight, stock, ratings, summary]) => ({
    slug: name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/-$/, ''),
    name,
    category,
    price,
    weight,
    stock,
    ratings,
    summary,
  }),
)
