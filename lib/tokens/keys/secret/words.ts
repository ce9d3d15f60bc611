import { dictionary } from '@zxcvbn-ts/language-common';

/** Words that occur in almost every sentence, and in no list of dice words. */
const FUNCTION_WORDS = `
a an and are as at be been but by can do does for from had has have he her him his how i if in into is it its me my
no not of on or our she so than that the their them then there these they this to too up us was we were what when
where which who will with would you your`;

/** Words of dates and numbers. There are few such words to guess, so each word adds little strength. */
const SERIES_WORDS = `
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
mon tue wed thu fri sat sun spring summer autumn fall winter
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty hundred thousand first second third fourth fifth
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda omega
bravo charlie echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra tango
uniform victor whiskey xray yankee zulu q1 q2 q3 q4
janvier fevrier février mars avril mai juin juillet août septembre octobre novembre décembre
januar februar märz juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre`;

/** Words of placeholders, guides and setting names: the first guesses of an attacker. */
const PLACEHOLDER_WORDS = `
a an and any anyone are as at auth be before bit bits by change changeme character characters chars
config default demo dev development do dont env environment example fill for from generate generated
here hs256 hs384 hs512 http https i in insert insecure internal is it its jsonwebtoken jwt key keys
least length local localhost long longer me min minimum more must my need never new not of on one only
openssl or our paste phrase please private prod production put rand random replace replaced safe sample
secret secrets secure session should signing sign signed some staging strong stronger string sure super
test testing that the their this to todo token tokens unsafe use used using value variable very with
without word you your yours yourself`;

/** Words of which people build secrets: function words and technical terms, also in other languages. */
const HUMAN_WORDS = `
able about above abc abcd access account acme across active address admin administrator after again against ago
algorithm all allow alpha already also always among android angular ansible another answer apache api apikey
app application apps april aren aspnet august authentication authenticator authorization aws azure back backend
bad bar base base64 battery baz because been being below best beta better between beyond big billing birds
black blue both brown bug build but byte bytes can cannot cant care careful cat caution cert change-me check cheese
chosen city class client cloud cluster code coffee come common company complex computer confidential container
cookie cool copy core corp correct country create created credentials crypt crypto customer cypher cipher danger
dangerous dark data database date day days debug december decode decrypt deploy deployed deployment developer
did digit digits directory django does dog domain done down dragon dummy during each easy ecommerce edit either
else email employee empty enc encode encoded encrypt encrypted encryption end engine enough ensure enter enterprise
entropy equals etc ever every everyone everything except express extra fallback false family fast february field
file final fire first five flask folder follow foo football forever forget forgot form four fox framework friday
friend friends front frontend full game gateway general get git github gitlab give global go goes going
golang good google got great green group guess guesses guessable had half hack hacker hackers happy hard has hash
hashed hashing have hello help her hers hex high him his hmac home horse host hot house how however if image
important info information inside instead inc integer into ios isnt java javascript job join jump jumped jumps just
justice kafka keep kept key1 keyring kubernetes k8s know known koa laravel last later lazy leave length less let
letmein letter letters level life light like line link linux list little live llc load log login logout lol look
lorem love lower lowercase ltd mac made magic mail main make makes manager many march master max maybe mean
medium meet member message messages method microservice might mind mine mix mobile mode monday money mongo mongodb
monkey month mother move much mysecret mysecretkey mysecrettoken mysql name names near next nginx nice night no
nobody node nodejs none nor nothing note november now null number numbers oauth oauth2 october off often oh ok
okay old once online open option organization orange order org other ought out over own page paper part pass
passphrase passwd password passwords path pay payment payments people perfect permanent person phone php pick
pineapple place placeholder plain platform play point portal possible postgres power prefer prefix pretty previous
prisma process product project projects prompt protect protected provide public pwd python qa question quick quite
rails rather read readme real really red redis refresh registration release remember remove rename repo repository
request required rescind reset rest rock root rotate rsa run safety said salt same sandbox saturday save say scope
script second secretkey secretly see seed select self send september server service services set setting settings
seven sha sha1 sha256 sha512 shall share shared she shell ship shop short show sign-in signature signer since
single site six size small so social software someone something somewhere sql sqlite sso staple star start started
state still stop storage store stored stuff such summer sun sunday supabase support supersecret sure swag system
table take team tell temp template temporary ten tenant terraform than thank thanks them then there these they
thing things think those three through thursday time times tls together tomorrow too tool top topsecret total
track true trust trusted try tuesday two type typescript ultra unbreakable under unguessable unique universe unknown
until up update upper uppercase url us user username users utf8 uuid valid vault verify verification version wait
want wants war was watch water way we web webapp webservice website wednesday week welcome well went were what
whatever when where which while white who whole why will winter wish within wont work working works world would
write wrong www xxx xyz yaml year years yellow yes yet zero
always anything art asked ate baby bad ball bank bear beautiful became become bed began begin beginning behind believe
bell bird blood blow boat body book born boss bottom bow box boy boys break bring brother brought build burn buy cake call called car
care carry catch cats chair cheap child children christ christmas church clean clear close cold color colour coming cow created cry cup
dad dance dare dark darling daughter dead dear death deep devil die dinner dogs door dream dreams drink drive dull
each ear earth eat eight end enemy england english evening eye eyes face fair fall far farm father favorite favourite feel feet fell fight
find fine fish floor flower fly food fool foot forget fox free fresh full fun garden gave gets gift girl girls glad glass gone god gods gold
grandma grass green grey grow guy hair hall hallowed hand hands hang happen happy hat hate head hear heard heart heaven held hell hero
hey hill hit hold hole holy hope hour human hungry ice idea inside island jack jesus john keeps kill kind king kingdom kids kiss knife lady lamb land
large laugh law lead learn left leg lie lies lights lines lion lips listen live lives living lonely look looking lord lose lost lots loud loved lover loves
lucky mainly makes man married mary matter means meat meet men met mice milk minute miss mister moment moon morning mountain mouse mouth
music myself named nature near neck news nights noise north nose ocean office oil older others ours owner pain pants party peace pen pet picture
pig pink play plays please poor president pretty prince princess promise pull push queen quickly rain rich ride ring river road rocket room rose round
row run runs sad said sails sea seat seen send seven shadow shark she sheep shine shoes shoot shot shoulder sick silver sing sister sits sitting sky
sleep slow small smile snow soldier son song soon soul sound south spain special spirit spring stand stars stay stays stop story street strong
student sugar summer sweet swim tale talk tall taste teach teacher tears teeth tells terror terrors thine thing thou thousand thy tiger tired toes
together told tomorrow tonight took town train tree trees trouble true turn uncle upon very village voice wait walk wall wanted warm wash water
wear weather weeks west wheel white whole wife wild wind window wine winter wise wolf woman women wonder wood word words world worth write
yard year yellow yesterday young yours
dolor sit amet consectetur adipiscing elit sed eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad
minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat ipsum
geheim geheimnis geheimer geheimes geheimen schluessel schlüssel passwort kennwort bitte aendern ändern geändert
sicher sicheres mein meine dein deine ihr ihre das der die ein eine nicht fuer für und oder mit umgebung
produktion zeichen mindestens lang ersetzen zufaellig zufaellige zeichenfolge zeichenkette
secrete secrète cle clé clef mot passe motdepasse changez changer changez-moi votre mon ma notre remplacer remplacez
pour avec chaine chaîne caracteres caractères aleatoire aléatoire produit ici et ou le la les une un de des en
secreto secreta clave contrasena contraseña contrasenia cambiar cambiame cambia tu su mi esta este esto por favor
para con cadena caracteres aleatoria produccion producción aqui aquí muy segura seguro el los las
senha segredo segredos chave chaves mude altere minha meu sua seu producao produção seguro com uma
segreto segreta chiave cambiami cambiare questa questo mia tua produzione stringa casuale sicura parola
geheime sleutel wachtwoord verander wijzig mijn jouw deze productie
haslo hasło tajne klucz tajny zmien zmień moje twoje hemlig hemlighet nyckel lösenord salasana avain salainen
секрет секретный ключ пароль мой очень ваш замените измените поменяй это в на строка продакшн токен
bonjour ceci cela est sont tres très motdepasse merci jeton jetons remplacez remplacer-moi remplacez-moi moi par une un la le les des du chaine chaîne caractere caracteres caractères
aleatoire aléatoire generer générer longue securisee sécurisée pour dans avec ne pas jamais utiliser secret
ersetze ersetzen ersetzt mich mir dich durch zufällige zufaelligen zufälligen zufällig eintragen eingeben hier ganz
geheimste unsere unserer unser anwendung schlüssels langer lange langes sehr zeichenfolgen kette vor dem den auf in
reemplaza reemplazar reemplace esto una un con por cadena caracteres aleatorios aleatorio larga generar usar nuestra
substitua substituir isto esta este string aleatoria aleatória segura caractere ambiente voce você aplicacao aplicação
sostituisci sostituire modifica modificare caratteri sicuro lunga almeno inserisci qui in di da non usare
vervang vervangen dit door een willekeurige tekenreeks tekens aub het voor van niet gebruiken onze sleutels lang
zmień-mnie mnie na losowy losowe losowego ciag ciąg znakow znaków znaki w produkcji bezpieczny dlugi długi prosze proszę
byt byta ut denna detta slumpmässig slumpmassig strang sträng tecken produktion tack min mitt din ditt losenord
skift udskift denne dette hemmelig hemmelige hemmelighed noegle nøgle tilfældig tilfaeldig streng bytt ut nøkkel nokkel
vaihda muuta tama tämä ennen tuotantoa tuotanto tuotannossa merkkijono satunnainen pitka pitkä tähän
degistirin değiştirin degistir değiştir bu gizli anahtar anahtari anahtarı uretim üretim ortaminda ortamında rastgele
lutfen lütfen sifre şifre guvenli güvenli benim cok çok uzun zmenit zmente zmeňte tajne tajný tajny klic klíč heslo
prosim prosím nahodny náhodný retezec řetězec změňte csereld cseréld titkos kulcs jelszo jelszó
секрет секрета секретов секретного секретная ключа ключом этот эта на случайную случайный случайная строку строка
для продакшена продакшн продакшене замените заменить измени изменить свой свою наш ваш длинный длинная нужно не из
подписи подпись токенов токена это мы нашего вашего символов символа приложения сервера пароля замініть цей рядок випадковий таємний`;

/** Words of placeholders in East Asian scripts. These words are short, so each word adds little strength. */
const EAST_ASIAN_WORDS = `
秘密 密码 密钥 更改 请 请在 在 生产 环境 中 此 并 使用 随机 字符串 以 确保 安全 安全性 谢谢 合作 替换 为 您 的 我 你 修改 必须 至少 个 字符 长 这 是 一个
本番 環境 では 必ず この 秘密鍵 鍵 を 変更 して ください ランダム な 文字列 文字 使用 に して 下さい は です 以上 パスワード シークレット キー トークン
비밀 비밀번호 비밀키 키 이 를 을 변경 하세요 프로덕션 환경 에서 랜덤 문자열 반드시 안전한`;

const FUNCTION_BITS = 3.5;
const SERIES_BITS = 5.5;
const PLACEHOLDER_BITS = 4.5;
const HUMAN_BITS = 7;
const LEAST_COMMON_BITS = 8;

/** The bits of a word drawn by five dice from a list of 7,776. */
export const DICE_BITS = Math.log2(7_776);

/** The most characters of a word that is looked up. */
export const LONGEST_WORD = 20;

/** The words of placeholders, and of secrets that people build from words. */
export const placeholderWords: readonly string[] = [
  ...splitWords(PLACEHOLDER_WORDS),
  ...splitWords(HUMAN_WORDS),
];

let known: ReadonlyMap<string, number> | undefined;
let dice: ReadonlySet<string> | undefined;

/** Returns the bits that a known word adds to a made-up text; undefined for an unknown word. Expects lower case. */
export function wordBits(word: string): number | undefined {
  known ??= weighWords();
  return known.get(word);
}

const BEGINNING = 4;

let beginnings: ReadonlySet<string> | undefined;

/** Returns false for four letters with which no known word begins, forwards or backwards. A search can then end. */
export function mayBeginWord(letters: string): boolean {
  if (letters.length !== BEGINNING) return true;
  known ??= weighWords();
  beginnings ??= takeBeginnings(known);
  return beginnings.has(letters);
}

function takeBeginnings(words: ReadonlyMap<string, number>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const word of words.keys()) {
    found.add(word.slice(0, BEGINNING));
    let backwards = '';
    for (let at = word.length - 1; at >= 0 && backwards.length < BEGINNING; at--)
      backwards += word[at];
    found.add(backwards);
  }
  return found;
}

/** Returns true for a word of the diceware list. Expects lower case. */
export function isDiceWord(word: string): boolean {
  dice ??= new Set(dictionary['diceware-common']);
  return dice.has(word);
}

function weighWords(): ReadonlyMap<string, number> {
  const bits = new Map(dictionary['diceware-common'].map((word) => [word, DICE_BITS + 1]));
  dictionary['passwords-common'].forEach((word, rank) => {
    if (word.length > 2) bits.set(word, Math.max(LEAST_COMMON_BITS, Math.log2(rank + 1)));
  });
  for (const word of splitWords(HUMAN_WORDS)) bits.set(word, HUMAN_BITS);
  for (const word of splitWords(SERIES_WORDS)) bits.set(word, SERIES_BITS);
  for (const word of splitWords(EAST_ASIAN_WORDS)) bits.set(word, FUNCTION_BITS);
  for (const word of splitWords(PLACEHOLDER_WORDS)) bits.set(word, PLACEHOLDER_BITS);
  for (const word of splitWords(FUNCTION_WORDS)) bits.set(word, FUNCTION_BITS);
  return bits;
}

function splitWords(words: string): readonly string[] {
  return words.trim().split(/\s+/);
}
