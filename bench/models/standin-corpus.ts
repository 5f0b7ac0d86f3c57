/**
 * Small documents on everyday subjects with questions, for measuring how the stand-in picks evidence. `gold` is a piece of the sentence
 * or row that answers; no gold means that the documents do not answer. `fit`: used to set the stand-in's constants; `held`: never looked at for that.
 */
export interface Subject {
  readonly name: string;
  readonly use: 'fit' | 'held';
  /** A blank line between sections; the first line of a section is its heading. */
  readonly document: string;
  readonly questions: readonly { readonly ask: string; readonly gold?: readonly string[] }[];
}

export const subjects: readonly Subject[] = [
  {
    name: 'Riverside Library: rules for readers',
    use: 'fit',
    document: `Membership
Anyone who lives or works in the district may join free of charge. Bring an identity card and a proof of address not older than three months. Children under 14 need the signature of a parent. The card is valid for two years and is renewed at the front desk.

Borrowing
Readers may borrow up to 12 items at a time. Books are lent for four weeks, films and music for one week. A loan can be extended twice, online or by telephone, unless another reader has reserved the item. Reference works and newspapers are not lent.

Overdue items
For each day after the due date 20 cents are charged per item, up to 6 euros. After 30 days the item is considered lost and its replacement value is invoiced together with a handling fee of 5 euros. Reminders are sent by e-mail only.

Opening hours
day | main hall | children's room
Monday | closed | closed
Tuesday to Friday | 10:00-19:00 | 14:00-18:00
Saturday | 10:00-16:00 | 10:00-16:00
Sunday | closed | 13:00-17:00

Computers and printing
Six workstations with internet access stand on the first floor. A session lasts 45 minutes and can be booked one day ahead. Printing costs 10 cents per black and white page and 40 cents in colour. Scanning is free.

Rooms
The small study room holds 4 people, the large one 10. Groups reserve them through the website at least 48 hours before. Food is not allowed in any room; water in closed bottles is.

Interlibrary loan
Titles that we do not own can be ordered from partner libraries. An order costs 3 euros and takes 7 to 14 days. Interlibrary items are read in the hall and are not taken home.`,
    questions: [
      { ask: 'How many items may I borrow at once?', gold: ['up to 12 items'] },
      { ask: 'What do I have to pay if I bring a book back late?', gold: ['20 cents are charged'] },
      { ask: 'When is the children’s room open on Sundays?', gold: ['Sunday | closed | 13:00'] },
      { ask: 'For how long can I keep a DVD or a film?', gold: ['films and music for one week'] },
      {
        ask: 'Can I prolong a loan if somebody else is waiting for the book?',
        gold: ['unless another reader has reserved'],
      },
      { ask: 'What must I bring to become a member?', gold: ['identity card and a proof of address'] },
      { ask: 'How much is a colour print?', gold: ['40 cents in colour'] },
      { ask: 'May I eat in the study rooms?', gold: ['Food is not allowed'] },
      { ask: 'How far ahead must a group book a room?', gold: ['at least 48 hours'] },
      { ask: 'How long does an order from another library take?', gold: ['takes 7 to 14 days'] },
      { ask: 'What happens when a book has not been returned for a month?', gold: ['considered lost'] },
      { ask: 'The library lends newspapers for a week, right?', gold: ['newspapers are not lent'] },
      {
        ask: 'How long is a card valid, and what does scanning cost?',
        gold: ['valid for two years', 'Scanning is free'],
      },
      { ask: 'Does the library rent out laptops?' },
      { ask: 'Who is the director of the library?' },
      { ask: 'Is there a car park for visitors?' },
      { ask: 'What is the wifi password?' },
    ],
  },
  {
    name: 'Allotment gardens: handbook',
    use: 'fit',
    document: `Watering
Water early in the morning, at the root and never on the leaves. Tomatoes need about 3 litres per plant every two days, in hot spells daily. Sprinklers are forbidden between 10:00 and 18:00. Rain barrels must be covered so that no child can fall in.

Planting distances
plant | in the row | between rows | sow
tomato | 60 cm | 80 cm | indoors in March
carrot | 5 cm | 25 cm | March to June
runner bean | 15 cm | 60 cm | from mid May
lettuce | 25 cm | 30 cm | March to August
pumpkin | 120 cm | 150 cm | from mid May

Compost
Layer green and brown material in equal parts. Turn the heap every six weeks and keep it as moist as a wrung sponge. Cooked food, meat and diseased plants do not belong on it. Ripe compost is dark, crumbly and smells of forest soil; that takes nine to twelve months.

Pests
Slugs are collected in the evening or kept off by a copper band. Against aphids spray a solution of 20 g soft soap in one litre of water, repeated after a week. Chemical weedkillers are not permitted on any plot.

Sheds and greenhouses
A shed may cover up to 12 square metres and be 2.5 m high. Greenhouses need written permission of the committee. Nobody may stay overnight from November to March.

Rent and duties
The yearly rent is 1.40 euros per square metre, due on 31 January. Every tenant works eight hours a year for the community; each hour missed is charged at 15 euros. Notice is given in writing three months before the end of the year.

Fire
Open fires are allowed only on the fire place beside the club house. Gas barbecues may be used on the plots; charcoal is banned from June to September.`,
    questions: [
      { ask: 'How much water does a tomato plant need?', gold: ['3 litres per plant'] },
      { ask: 'What is the spacing between rows for pumpkins?', gold: ['pumpkin | 120 cm'] },
      { ask: 'When should I sow runner beans?', gold: ['runner bean | 15 cm'] },
      { ask: 'How often is the heap turned?', gold: ['Turn the heap every six weeks'] },
      { ask: 'How do I get rid of greenfly and aphids?', gold: ['20 g soft soap'] },
      { ask: 'May I use weed killer from the shop?', gold: ['weedkillers are not permitted'] },
      { ask: 'What is the largest shed I can put up?', gold: ['up to 12 square metres'] },
      { ask: 'What does it cost me if I skip community work?', gold: ['each hour missed'] },
      { ask: 'Until when must I cancel my plot?', gold: ['three months before the end'] },
      { ask: 'Is it fine to grill with charcoal in July?', gold: ['charcoal is banned'] },
      { ask: 'Why can sprinklers run at noon?', gold: ['Sprinklers are forbidden'] },
      { ask: 'How long until compost is ready?', gold: ['nine to twelve months'] },
      { ask: 'Can I sleep in my shed in winter?', gold: ['Nobody may stay overnight'] },
      { ask: 'How far apart are carrots in the row and how far tomatoes?', gold: ['carrot | 5 cm', 'tomato | 60 cm'] },
      { ask: 'Which roses grow best in shade?' },
      { ask: 'Are dogs allowed on the plots?' },
      { ask: 'How many plots does the association have?' },
    ],
  },
  {
    name: 'Corner Bakery: recipes and shop rules',
    use: 'fit',
    document: `Rye sourdough
Feed the starter the evening before with 100 g rye flour and 100 ml lukewarm water. Knead 600 g rye flour, 400 g wheat flour, 18 g salt, the starter and 700 ml water for eight minutes. Let the dough rest for three hours at 26 degrees. Bake at 240 degrees for 15 minutes, then at 200 degrees for 40 minutes. The loaf is done when it sounds hollow.

Butter croissants
Fold 250 g cold butter into the dough in three turns and chill for 30 minutes after each. Brush with egg and bake at 190 degrees for 18 minutes. Frozen croissants keep for six weeks and go into the oven without thawing.

Allergens
product | gluten | milk | egg | nuts
rye sourdough | yes | no | no | no
butter croissant | yes | yes | yes | no
almond slice | no | no | yes | yes
cheese roll | yes | yes | no | no

Hygiene
Hands are washed before work, after breaks and after handling eggs. The cold room is kept between 2 and 5 degrees; its temperature is noted twice a day. Bread that falls on the floor is thrown away. Jewellery on hands and wrists is not worn in the bakehouse.

Orders and returns
Orders of more than 30 pieces are placed two days ahead and paid in advance. An order may be cancelled free of charge until noon of the day before; after that half the price is kept. Bread is not taken back.

Staff
The early shift begins at 3:30 and ends at 11:00. Employees get 40 percent off and one loaf a day. Whoever falls ill calls the shift leader before the shift begins.`,
    questions: [
      { ask: 'At what temperature do croissants bake?', gold: ['190 degrees'] },
      { ask: 'Does the almond slice contain milk?', gold: ['almond slice | no'] },
      { ask: 'How cold must the cold store be?', gold: ['between 2 and 5 degrees'] },
      { ask: 'How long do croissants last in the freezer?', gold: ['keep for six weeks'] },
      { ask: 'What discount do the staff get?', gold: ['40 percent off'] },
      { ask: 'How much salt goes into the rye bread?', gold: ['18 g salt'] },
      { ask: 'Who should I phone when I am sick?', gold: ['calls the shift leader'] },
      { ask: 'Until when can a customer call off an order for nothing?', gold: ['until noon of the day before'] },
      { ask: 'Can rings be worn while working in the bakehouse?', gold: ['Jewellery on hands'] },
      { ask: 'How can I tell that the loaf is baked through?', gold: ['sounds hollow'] },
      {
        ask: 'When does the early shift start and how long is the dough left to rest?',
        gold: ['begins at 3:30', 'three hours at 26'],
      },
      { ask: 'The customer may return bread within two days, correct?', gold: ['Bread is not taken back'] },
      { ask: 'How many calories has a cheese roll?' },
      { ask: 'Do you deliver wedding cakes?' },
      { ask: 'Which brand of oven do we use?' },
    ],
  },
  {
    name: '社区游泳馆使用规定',
    use: 'fit',
    document: `开放时间
游泳馆周一至周五6:30开放，21:30关闭；周末和节假日8:00至20:00开放。每月第一个星期一闭馆清洗。

票价
类别 | 单次 | 十次卡 | 年卡
成人 | 30元 | 260元 | 1800元
学生 | 18元 | 150元 | 900元
六十岁以上 | 15元 | 120元 | 800元

安全
身高1.4米以下的儿童必须由成人陪同。深水区水深2.2米，仅限通过测试的人员使用。饮酒后禁止入池。跳水只能在三号泳道进行。

卫生
入池前应淋浴，长发者须戴泳帽。患有皮肤病或眼病者不得入池。水温保持在27度，每两小时检测一次余氯。

储物柜
储物柜当天有效，过夜物品由工作人员清理。钥匙丢失需赔偿50元。贵重物品请交前台保管。

退款
年卡自购买之日起十四天内未使用可全额退款，此后按月折算。单次票售出不退。`,
    questions: [
      { ask: '学生的年卡多少钱？', gold: ['学生 | 18元'] },
      { ask: '周末几点开门？', gold: ['周末和节假日8:00'] },
      { ask: '小孩可以自己去游泳吗？', gold: ['身高1.4米以下'] },
      { ask: '钥匙丢了要赔多少？', gold: ['赔偿50元'] },
      { ask: '喝了酒能下水吗？', gold: ['饮酒后禁止入池'] },
      { ask: '深水区有多深？', gold: ['水深2.2米'] },
      { ask: '年卡买了以后多久内可以退款？', gold: ['十四天内'] },
      { ask: '水温是多少度？', gold: ['水温保持在27度'] },
      { ask: '单次票可以退吗？', gold: ['单次票售出不退'] },
      { ask: '哪条泳道可以跳水？', gold: ['三号泳道'] },
      { ask: '游泳馆有停车场吗？' },
      { ask: '教练的课程怎么收费？' },
      { ask: '馆长叫什么名字？' },
    ],
  },
  {
    name: 'Hilltop Climbing Hall: house rules',
    use: 'held',
    document: `Admission
A day ticket costs 14 euros, reduced 10 euros. Ten tickets are sold for the price of nine. Climbers under 16 hand in a form signed by a parent. The last admission is one hour before closing.

Belaying
Lead climbing is allowed only with an assisted braking device. Partners check knot, harness and device before every climb. The rope must be at least 60 metres long and is inspected by its owner; ropes older than five years are not accepted.

Bouldering
The mats are kept free of bottles and bags. Nobody sits or lies under somebody who climbs. Children under 8 boulder only in the small room.

Rental
item | per day | deposit
shoes | 4 euros | none
harness | 3 euros | none
rope 70 m | 6 euros | 50 euros
helmet | free | none

Courses
The beginners' course lasts two evenings of three hours and costs 79 euros, equipment included. A place is cancelled free of charge up to seven days before; later the full price is due. At least four people must take part.

Accidents
Every accident is reported to the desk at once. The first aid box hangs beside the lift. The defibrillator, model CU-320, is on the ground floor next to the showers.

Storage
Lockers work with a two-euro coin. They are emptied every night and what is found is kept for four weeks.`,
    questions: [
      { ask: 'How much is a day ticket for reduced price?', gold: ['14 euros, reduced 10'] },
      { ask: 'What do I pay to hire shoes?', gold: ['shoes | 4 euros'] },
      { ask: 'Where is the CU-320?', gold: ['model CU-320'] },
      { ask: 'How old may my rope be?', gold: ['older than five years'] },
      { ask: 'Until when can I call off the beginners course without paying?', gold: ['up to seven days before'] },
      { ask: 'How long is stuff from the lockers kept?', gold: ['kept for four weeks'] },
      { ask: 'Is my daughter of six allowed to boulder in the big hall?', gold: ['Children under 8'] },
      { ask: 'Which deposit is asked for a rope?', gold: ['rope 70 m | 6 euros'] },
      { ask: 'How long must the rope be for lead climbing?', gold: ['at least 60 metres'] },
      { ask: 'What do partners look at before a climb?', gold: ['check knot, harness'] },
      { ask: 'When is the last entry?', gold: ['one hour before closing'] },
      { ask: 'I can use any belay device for lead climbing, can’t I?', gold: ['only with an assisted braking device'] },
      {
        ask: 'Where is the first aid kit and how many people does a course need?',
        gold: ['first aid box hangs', 'At least four people'],
      },
      { ask: 'Where is the CU-450?' },
      { ask: 'Do you sell chalk?' },
      { ask: 'Is there a sauna?' },
      { ask: 'Who built the climbing wall?' },
    ],
  },
  {
    name: 'Old Mill Museum: information for volunteers',
    use: 'held',
    document: `Guided tours
Tours start at 11:00 and 15:00 and take 50 minutes. A group has at most 20 visitors. School classes are guided free of charge on Wednesdays, if registered two weeks before. Tours in French are led by Ms Moreau.

The mill wheel
The wheel is run for ten minutes at the end of each tour. Before it starts, the sluice is opened by two turns and the fence is closed. It must not run below 4 degrees or when the water stands above the red mark.

Museum shop
Postcards cost 1 euro, the guidebook 7.50 euros. Flour from the mill is sold in bags of one kilogram, only while stocks last. The cash box is counted by two persons every evening and the sum entered in the blue book.

Expenses
Volunteers get travel costs back: 0.30 euros per kilometre, or the price of a second-class ticket. Receipts are handed in within three months. Drinks during the shift are free.

Emergencies
In a fire, lead visitors to the meeting point on the car park and call 112. The main switch is in the cupboard behind the ticket counter. Lost children are brought to the shop.

Exhibits
object | year | room
millstone of granite | 1780 | 1
flour scale | 1895 | 2
miller's bicycle | 1931 | 3
electric mill E-12 | 1954 | 3`,
    questions: [
      { ask: 'What time do the tours begin?', gold: ['Tours start at 11:00'] },
      { ask: 'How many visitors fit in one group?', gold: ['at most 20 visitors'] },
      { ask: 'How much does the guidebook cost?', gold: ['guidebook 7.50'] },
      { ask: 'In what room stands the E-12?', gold: ['electric mill E-12'] },
      { ask: 'What year is the flour scale from?', gold: ['flour scale | 1895'] },
      { ask: 'Am I paid back for driving to the museum in my car?', gold: ['0.30 euros per kilometre'] },
      { ask: 'When may the wheel not be operated?', gold: ['must not run below 4 degrees'] },
      { ask: 'Where do I switch off the electricity?', gold: ['main switch is in the cupboard'] },
      { ask: 'What do I do with a child that has lost its parents?', gold: ['Lost children are brought'] },
      { ask: 'By when must receipts be submitted?', gold: ['within three months'] },
      { ask: 'Who guides French visitors?', gold: ['led by Ms Moreau'] },
      { ask: 'Do school classes pay on Wednesdays?', gold: ['School classes are guided free'] },
      { ask: 'Where is the exhibit E-40?' },
      { ask: 'What is the salary of the volunteers?' },
      { ask: 'Can the museum be rented for weddings?' },
    ],
  },
];
