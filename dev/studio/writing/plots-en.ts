/**
 * Story plots. A line is a choice of sentences; `{name}` is who it is about, `{treasure}` the thing the topic turns on.
 * Opening lines are apart, because they depend on whether the topic names a hero or a matter.
 */
export const englishOpenings = {
  hero: [
    'At {place} there lived {introduction}. {Her} name was {name}, and {she} spoke so rarely that people in {town} counted the words.',
    'Nobody in {town} remembered when {name} had come. They only knew that at {place} there was {introduction}, and that the lamp there was never out.',
    '{name} was {introduction}, and {she} had been so long at {place} that {sound} had become a kind of silence to {her_object}.',
  ],
  matter: [
    'In {town} they still tell of {matter}. It began with {name}, who lived at {place} and believed in very little.',
    'Everyone in {town} had an opinion on {matter}; only {name}, at {place}, had been close enough to know.',
    'The first that {name} heard of {matter} was a rumour, carried up to {place} together with {sound}.',
  ],
} as const;

export const englishPlots: readonly (readonly (readonly string[])[])[] = [
  [
    [
      'One evening a stranger in a long coat knocked, and rain came in with him.',
      'On the shortest day of the year a stranger came up the path with a suitcase.',
    ],
    [
      '“I have heard about {treasure},” he said. “Name your price.”',
      'He put a purse on the table and asked, without a greeting, for {treasure}.',
    ],
    [
      '{name} made tea, because that gave {her_object} time to think.',
      '{name} looked at the purse for as long as it takes a kettle to boil.',
    ],
    [
      'It was more money than {town} had ever seen in one place.',
      'With that money the roof could be mended, and the winter would be short.',
    ],
    [
      'But when {she} went to fetch what he wanted, {her} hands would not let go of it.',
      'But halfway down the stairs {she} stopped, and listened to {sound}.',
    ],
    [
      '{She} remembered how it had begun: a cold morning, a small thing no one else had wanted, a promise.',
      '{She} thought of {her} mother, who had said that some things are only borrowed.',
    ],
    [
      '“It is not mine to sell,” {name} said at last.',
      '“You may look,” {name} told him, “and you may listen. That costs nothing.”',
    ],
    [
      'The stranger laughed, then saw that {she} meant it, and his face grew tired and young.',
      'The stranger sat down, and for the first time he took off his hat.',
    ],
    [
      'So they sat together until the window turned blue, and {name} told him everything about {treasure}.',
      'All night {she} showed him, patiently, what {treasure} could do when nobody was in a hurry.',
    ],
    [
      'In the morning he was gone; the purse lay untouched under the cup.',
      'At sunrise he left without the suitcase, and walked as if he weighed less.',
    ],
    [
      'Years later a letter came to {place}, with one line in it: “I have found my own.”',
      'In spring a parcel came to {town}: inside was a small brass bell, and a note that said only “Thank you.”',
    ],
    [
      '{name} hung it by the door, where {sound} could reach it, and went back to work.',
      '{name} read it twice, smiled at nobody, and lit the lamp.',
    ],
  ],
  [
    [
      'Then came the morning when everything was quiet, and {treasure} could not be found.',
      'On a Tuesday, between breakfast and the post, {treasure} vanished.',
    ],
    [
      '{name} looked on the shelves, under the stairs, and last of all in the places where one only looks in despair.',
      '{name} turned the house inside out and found three buttons, a key and no answer.',
    ],
    [
      '{Town} had advice, as towns do, and all of it was wrong.',
      'In {town} people shook their heads and spoke of other things.',
    ],
    [
      'Only the girl from the bakery asked the right question: “When did you last look at it, and not past it?”',
      'Only an old ferryman said something useful: “Things leave when they are kept too tightly.”',
    ],
    [
      'That night {name} lay awake and heard {sound}, and under it something else, thin as a thread.',
      'That night, behind {sound}, {name} heard a second, smaller music.',
    ],
    [
      '{She} took the lantern and followed it, past the last fence, to where the path gives up.',
      '{She} put on {her} boots, left the door open and followed the sound into the dark.',
    ],
    [
      'There, in a hollow full of moonlight, {she} found what {she} had been missing.',
      'At the end of the path the clouds opened, and there it was, in no hurry at all.',
    ],
    [
      'It had not been stolen; it had simply gone to where it was needed.',
      'A lost child sat beside it, warm and fearless, as if they had always known each other.',
    ],
    [
      '{name} wanted to be angry and found that {she} could not.',
      '“So this is where you belong,” said {name}, and it was almost not sad.',
    ],
    [
      'They came home together, by the long way, while the east grew pale.',
      'They walked back slowly, and neither of them needed the lantern.',
    ],
    [
      'Since then the door at {place} has had no lock.',
      'Since then nobody at {place} has counted, weighed or hidden anything.',
    ],
    [
      'And if you ask for {treasure}, {name} will smile and tell you to wait for the wind to turn.',
      'And whoever asks about {treasure} is given a chair, a cup, and the whole story.',
    ],
  ],
  [
    [
      'One autumn a child of ten stood at the gate and said, “I have come to learn.”',
      'In the first week of autumn the smallest child of {town} knocked, and would not go away.',
    ],
    [
      '“There is nothing to learn here,” said {name}, and left the gate open.',
      '{name} said no three times, and the third no sounded like a question.',
    ],
    [
      'So the child swept the floor, carried water, and watched.',
      'The child asked about everything, and about {treasure} most of all.',
    ],
    [
      'By and by {name} found that work goes better when somebody is looking.',
      'Before long there were two cups on the table and two coats by the door.',
    ],
    [
      'But winter was hard, and one night {name} fell ill, with the great work half done.',
      'But in the darkest week {name} slipped on the stairs, and could not stand.',
    ],
    [
      'Outside, {sound} grew into a roar, and {town} waited for a light.',
      'All of {town} looked up to {place} and saw no light.',
    ],
    [
      '“You know how,” {name} whispered. “You have always been watching.”',
      '“I am afraid,” said the child. “Good,” said {name}. “So was I, the first time.”',
    ],
    [
      'The child climbed up alone, with {treasure} and a box of matches.',
      'With shaking hands the child did what {name} had done a thousand times, in the same order, with the same care.',
    ],
    ['For a long moment nothing happened at all.', 'Twice it went wrong, and twice the child began again.'],
    [
      'Then the light came, small and yellow and steady, and in {town} the bells began to ring.',
      'Then something answered, softly, and the night leaned back.',
    ],
    [
      'When {name} woke, it was morning, and the floor had already been swept.',
      'In the morning {name} came up the stairs on a stick and found everything in its place.',
    ],
    [
      '“Tomorrow,” {she} said, “I shall show you the difficult part.”',
      '{She} gave the child the key, and kept for {her_object}self only the chair by the window.',
    ],
  ],
  [
    [
      'For years it was a quiet life, and nobody asked what {treasure} might be good for.',
      'People in {town} smiled at it, as one smiles at harmless things.',
    ],
    [
      'Then, in one night, the wind turned and the river of the sky broke its banks.',
      'Then the worst night in a hundred years came without a warning.',
    ],
    [
      'Roofs flew; the bridge went; the lamps in {town} died one after another.',
      'First the lamps went out, then the road, and then the voices.',
    ],
    [
      '{name} stood at {place} and saw how small everything down there had become.',
      'From {place} {name} could hear them calling, between one gust and the next.',
    ],
    [
      'There was one thing left to try, and {she} had sworn never to try it.',
      '{She} knew what it would cost; {she} had known it for years.',
    ],
    [
      '{She} opened the door, took a breath, and let {treasure} go.',
      'With both hands {she} carried {treasure} out into the open, and let the dark have it.',
    ],
    ['At first the night only laughed.', 'For the space of three heartbeats nothing answered.'],
    [
      'Then everything held still, as if someone had put a hand on the shoulder of the world.',
      'Then a warm light ran down the slope, from door to door, and where it passed the wind lay down.',
    ],
    [
      'One by one the people came out, with blankets and wet hair, and looked up.',
      'In {town} they found each other by that light and counted: nobody was missing.',
    ],
    [
      '{name} sat on the threshold with empty hands, and was surprised how light they were.',
      '{name} had nothing left, and slept, for the first time in years, until noon.',
    ],
    [
      'The next day somebody brought bread, and somebody a hammer, and somebody a song.',
      'When {she} woke, half of {town} stood in the garden, and each had brought something.',
    ],
    [
      'And on the shelf, very small and very new, something had already begun to grow again.',
      'And far off, above {sound}, the first of what {she} had given away was coming home.',
    ],
  ],
];
