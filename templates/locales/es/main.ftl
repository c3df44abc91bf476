### Español. Frases cortas, palabras sencillas, «usted»; un nombre por cosa: llave de acceso, llave de seguridad, app de códigos, código, código de recuperación.

## El marco de cada página
page-title = { $step } – Acceso a { $organisation }
page-title-error = Error: { $step } – Acceso a { $organisation }
skip = Ir a la parte principal
language = Idioma
help-title = Ayuda para entrar
help-call = Llámenos:
help-ask = Pida ayuda a su clínica.
help-never = Nunca le pedimos su contraseña ni sus códigos por teléfono.
support-call = ¿Necesita ayuda? Llame al
to-continue-to = para seguir a { $app }
signed-in-as = Ha entrado como { $name }
signing-in-as = Entra como { $name }
an-app = una app
continue = Continuar
back = Volver
cancel = Cancelar
cancel-to-app = Cancelar y volver a { $app }
back-to-app = Volver a { $app }
not-you = ¿No es usted?
or = o
optional = (opcional)
recommended = Recomendado
reference = Referencia:
try-again = Probar otra vez
sign-in-again = Entrar otra vez
choose-another = Probar otra forma
stop-waiting = Dejar de esperar
remove = Quitar
remove-named = Quitar { $name }
copied = Copiado.
errors-title = Hay un problema
error-word = Problema:
demo-label = Demostración
demo-banner = Esto es una demostración. No use datos reales.
dev-people-link = Personas de prueba
dev-mail-link = Correo de prueba
date-and-time = { $time }, { $date }
date-long = { $weekday }, { $day } de { $month } de { $year }
weekday-1 = lunes
weekday-2 = martes
weekday-3 = miércoles
weekday-4 = jueves
weekday-5 = viernes
weekday-6 = sábado
weekday-7 = domingo
month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
role-patient = Paciente
role-clinician = Personal sanitario
role-administrator = Administración

## Por qué se pregunta otra vez
confirm-title = Confirme que es usted
reason-app-asks = La app le pide que entre otra vez.
reason-too-long-ago = Entró hace tiempo. Por favor, entre otra vez.
reason-idle = Estuvo un rato fuera. Entre otra vez para seguir.
reason-stronger = Esta app necesita una comprobación más fuerte.
reason-prescription = Va a firmar una receta.
reason-account-change = Va a cambiar su forma de entrar.
reason-administration = Necesita una comprobación nueva para gestionar cuentas de otras personas.

## Entrar
sign-in-title = Entrar
sign-in-label = Correo o nombre de usuario
sign-in-error-empty = Escriba su correo o su nombre de usuario.
sign-in-error-too-long = Es demasiado largo. Escriba su correo o su nombre de usuario.
passkey-button = Entrar con una llave de acceso
passkey-hint = Use su huella, su cara, el bloqueo de pantalla o una llave de seguridad.
passkey-noscript = Las llaves de acceso necesitan JavaScript. Puede usar su contraseña y su código.
passkey-waiting = Siga los pasos que muestra su dispositivo.
passkey-cancelled = No se usó ninguna llave de acceso. Pruebe otra vez o elija otra forma.
passkey-failed = Esa llave de acceso no funcionó aquí. Pruebe otra vez o elija otra forma.
passkey-error-unknown = No conocemos esa llave de acceso. Pruebe con otra o elija otra forma.
passkey-error-wrong = Esa llave de acceso no funcionó aquí. Pruebe otra vez o elija otra forma.
passkey-error-late = Tardó demasiado. Use otra vez su llave de acceso.
model-denied = Su clínica no permite aquí este tipo de llave. Use otra forma.
model-unsafe = Este tipo de llave tiene un fallo. Aquí ya no funciona. Use otra forma.

## Contraseña
password-title = Escriba su contraseña
password-label = Contraseña
show-password = Mostrar la contraseña
password-error-empty = Escriba su contraseña.
password-error-mismatch = El nombre y la contraseña no coinciden. Revise los dos y pruebe otra vez.

## Código de una app
code-title = Escriba su código
code-label = Código de su app
code-hint = Abra su app de códigos. Escriba las 6 cifras que muestra.
code-hint-entry = Abra su app de códigos. Escriba las 6 cifras junto a «{ $entry }».
code-error-empty = Escriba el código de su app.
code-error-shape = Un código tiene 6 cifras. Escríbalas todas.
code-error-wrong = Ese código no funcionó. Espere un código nuevo y escríbalo aquí.
code-error-used = Ya usó ese código. Espere el siguiente.
code-error-clock = El reloj de su teléfono no va bien. Póngalo en hora y escriba un código nuevo.
clock-title = Mi código no funciona
clock-text = Quizá el reloj de su teléfono no va bien. Abra los ajustes del teléfono y active la hora automática. Después escriba un código nuevo.

## Llave de seguridad, o llave de acceso como segundo paso
key-step-title = Use su llave de seguridad
key-step-text = Conecte la llave o acérquela al lector. Después pulse el botón.
key-use = Usar la llave de seguridad
passkey-step-title = Use su llave de acceso
passkey-step-text = Pulse el botón. Después use su huella, su cara o el bloqueo de pantalla.
passkey-use = Usar la llave de acceso
key-names = Puede usar:
key-pin-hint = Su llave puede pedir un PIN. Ese PIN es de la llave. Nosotros nunca lo vemos.
key-cancelled = No se usó ninguna llave. Pruebe otra vez o elija otra forma.
key-failed = Esa llave no funcionó aquí. Pruebe otra vez o elija otra forma.
key-noscript = Este paso necesita JavaScript. Actívelo o elija otra forma.
no-webauthn = Este navegador no puede usar llaves de acceso ni de seguridad. Elija otra forma.
key-error-empty = No llegó nada de su llave. Pruebe otra vez.
key-error-unknown = No conocemos esa llave. Pruebe con otra.
key-error-wrong = No funcionó. Pruebe otra vez.
key-error-late = Tardó demasiado. Pruebe otra vez.
key-error-pin = Para esta llave necesitamos su PIN, su dedo o su cara. Pruebe otra vez.

## Código de recuperación
recovery-title = Use un código de recuperación
recovery-label = Código de recuperación
recovery-hint = Cuatro grupos de cuatro, como ABCD-EFGH-JKMN-PQRS. Puede usar espacios y minúsculas.
recovery-next = Cada código sirve una vez. Después prepara una nueva forma de entrar.
recovery-error-empty = Escriba un código de recuperación.
recovery-error-shape = Un código de recuperación tiene 16 letras y cifras. Revise lo que escribió.
recovery-error-wrong = Ese código no funcionó. Pruebe con otro de su lista.

## Otra forma
choose-title = Elija cómo entrar
choose-error-empty = Elija una forma de entrar.
choose-error-not-here = Esa forma no sirve aquí. Elija otra.
choose-none = No puedo usar ninguna de estas
choose-none-text = Su clínica puede ayudarle a entrar de nuevo. Tenga a mano un documento con foto.
method-passkey = Llave de acceso
method-passkey-hint = Huella, cara o bloqueo de pantalla
method-security-key = Llave de seguridad
method-security-key-hint = Una llave pequeña que se conecta o se acerca
method-totp = App de códigos
method-totp-hint = 6 cifras de una app de su teléfono
method-password = Contraseña
method-password-hint = La contraseña que usted eligió
method-recovery-code = Código de recuperación
method-recovery-code-hint = Uno de los códigos que guardó en papel
last-used-on = Último uso: { $date }
added-on = Desde: { $date }
never-used = Aún sin usar

## Preparar una segunda forma
enrol-title = Añada una segunda forma de entrar
enrol-reason-required = Sus datos de salud necesitan más que una contraseña. Elija una forma. Se tarda dos minutos.
enrol-reason-stronger = Esta app necesita una forma de entrar más fuerte. Elija una.
enrol-reason-model = Su clínica no permite aquí el tipo de llave que tiene. Elija otra forma.
enrol-reason-recovered = Usó un código de recuperación. Ahora prepare una nueva forma de entrar.
enrol-reason-chosen = Si pierde el teléfono, podría quedarse fuera. Una segunda forma le protege.
enrol-error-empty = Elija qué quiere preparar.
enrol-error-not-here = No puede preparar eso aquí. Elija otra cosa.
enrol-other = Preparar otra cosa
enrol-passkey-name = Llave de acceso
enrol-passkey-hint = Entre con su huella, su cara o el bloqueo de pantalla. Sin escribir nada.
enrol-totp-name = App de códigos
enrol-totp-hint = Una app de su teléfono muestra un código nuevo cada vez.
enrol-security-key-name = Llave de seguridad
enrol-security-key-hint = Una llave pequeña que se conecta o se acerca. Útil si no puede usar un teléfono.
label-label = Nombre
enrol-totp-title = Prepare su app de códigos
enrol-totp-step-1 = 1. Consiga la app
enrol-totp-get = Necesita una app de códigos en su teléfono. Si no tiene, busque una en la tienda de apps. Muchas son gratis.
enrol-totp-step-2 = 2. Conéctela
enrol-totp-scan = Abra la app y escanee esta imagen:
enrol-totp-qr = Código QR. También puede escribir la clave de abajo.
enrol-totp-here = En este teléfono: abrir mi app de códigos
enrol-totp-key = O escriba esta clave en la app:
copy-key = Copiar la clave
enrol-totp-step-3 = 3. Compruébela
enrol-totp-code-hint = Escriba las 6 cifras que la app muestra ahora.
enrol-totp-label-hint = Para saber qué teléfono es, por ejemplo «Mi teléfono».
enrol-passkey-title = Añada una llave de acceso
enrol-passkey-text = Pulse el botón. Su dispositivo le pedirá la huella, la cara o el bloqueo de pantalla. Su huella y su cara nunca salen de su dispositivo.
enrol-passkey-button = Crear una llave de acceso
enrol-passkey-label-hint = Para saber qué dispositivo es, por ejemplo «Mi teléfono».
enrol-passkey-cancelled = No se creó ninguna llave de acceso. Pruebe otra vez o prepare otra cosa.
enrol-passkey-exists = Este dispositivo ya tiene una llave de acceso para usted.
enrol-passkey-failed = No pudimos crear una llave de acceso aquí. Pruebe otra vez o prepare otra cosa.
enrol-key-title = Añada una llave de seguridad
enrol-key-text = Ponga un nombre a su llave. Conéctela o acérquela al lector. Después pulse el botón.
enrol-key-button = Añadir esta llave
enrol-key-label-hint = Para saber qué llave es, por ejemplo «Llave azul».
enrol-key-cancelled = No se añadió ninguna llave. Pruebe otra vez o prepare otra cosa.
enrol-key-exists = Ya añadió esta llave.
enrol-key-failed = No pudimos añadir esta llave. Pruebe otra vez o prepare otra cosa.
enrol-key-error-empty = No llegó nada de su dispositivo. Pruebe otra vez.
enrol-key-error-twice = Eso ya lo añadió. Use otra.
enrol-key-error-wrong = No funcionó. Pruebe otra vez.
enrol-key-error-late = Tardó demasiado. Pruebe otra vez.
enrol-key-error-pin = No se comprobó que era usted. Ponga un PIN en la llave y pruebe otra vez.
enrol-key-error-not-here = Su clínica no permite este tipo. Use otro.
enrol-key-error-untold = No pudimos saber qué tipo de llave es. Diga que sí si su navegador pregunta, o use otra.
enrol-key-error-unchecked = Ahora no podemos comprobar llaves. Prepare otra forma o llame a su clínica.

## Códigos de recuperación
recovery-codes-title = Códigos de recuperación
recovery-codes-intro = Si pierde el teléfono, uno de estos códigos le deja entrar. Cada código sirve una vez. Guárdelos en papel en un lugar seguro.
recovery-codes-replaced = Sus códigos antiguos ya no sirven. Tírelos.
recovery-codes-download = Descargar como archivo de texto
recovery-codes-print = Página para imprimir
recovery-codes-how-to-print = Ahora imprima esta página desde el menú de su navegador.
recovery-codes-once = No verá estos códigos otra vez.
recovery-codes-continue = He guardado mis códigos
recovery-codes-paper-title = Códigos de recuperación de { $organisation }
recovery-codes-left =
    { $count ->
        [0] No le quedan códigos de recuperación. Cree otros nuevos.
        [one] Le queda 1 código de recuperación.
       *[other] Le quedan { $count } códigos de recuperación.
    }
recovery-codes-none = Aún no tiene códigos de recuperación.

## Permiso
consent-title = Compartir sus datos
consent-heading = ¿Compartir sus datos con { $app }?
consent-only-new = { $app } pide algo nuevo. Esto es lo que cambió.
consent-will = { $app } podrá:
consent-details = { $app } también pide esto:
detail-actions = Qué se hace:
detail-locations = Dónde:
detail-datatypes = Con qué datos:
detail-identifier = Cuál:
detail-privileges = Con qué permisos:
consent-will-not = { $app } no podrá:
consent-not-password = Ver su contraseña ni sus códigos
consent-not-change = Cambiar su forma de entrar
consent-not-records = Ver su historia clínica
consent-not-offline = Mantener el acceso cuando usted no la usa
consent-privacy = Cómo usa { $app } sus datos
app-terms = Condiciones de { $app }
app-unchecked = Nadie en { $name } ha revisado esta app. Siga solo si la conoce.
consent-allow = Compartir
consent-deny = No compartir
scope-openid = Saber que es usted
scope-profile = Ver su nombre y datos básicos
scope-email = Ver su correo electrónico
scope-phone = Ver su número de teléfono
scope-address = Ver su dirección postal
scope-fhir-user = Ver cuál es su historia clínica
scope-launch = Abrir la historia o la cita que usted eligió
scope-offline = Mantener el acceso cuando usted no usa la app
scope-offline-until = Mantener el acceso cuando usted no usa la app, hasta el { $date }
scope-online = Mantener el acceso mientras usted esté dentro
scope-other = Usar «{ $scope }»
consent-api = Acceder a { $host } en su nombre
scope-records-read = Leer { $what }
scope-records-write = Leer y cambiar { $what }
scope-records-of-others = Usar las historias clínicas que usted puede ver
records-all = toda su historia clínica
records-details = sus datos personales
records-results = sus resultados y mediciones
records-medicines = sus medicamentos
records-allergies = sus alergias
records-conditions = sus problemas de salud y tratamientos
records-vaccinations = sus vacunas
records-visits = sus visitas y citas
records-letters = sus cartas y documentos
records-other = otras partes de su historia clínica

## Salir
sign-out-title = ¿Salir?
sign-out-text = Saldrá de aquí.
sign-out-from-app = { $app } pide que usted salga de aquí.
sign-out-of = También saldrá de:
sign-out-button = Salir
sign-out-stay = Seguir dentro
signed-out-title = Ha salido
signed-out-text = Puede cerrar esta ventana.
signed-out-of = También cerramos su sesión en:
signed-out-unreachable = No podemos cerrar su sesión en estas apps. Salga también de ellas:
signed-out-shared = ¿Otras personas usan este ordenador? Entonces cierre esta ventana ahora.
signed-out-frame = Saliendo de una app

## Demasiados intentos
locked-title = Demasiados intentos
locked-heading-until = Espere hasta las { $time }
locked-password = Hubo demasiadas contraseñas equivocadas. Pausamos esta forma de entrar para protegerle.
locked-code = Hubo demasiados códigos equivocados. Pausamos esta forma de entrar para protegerle.
locked-network = Hubo demasiados intentos equivocados desde su red. Pausamos la entrada para proteger a todos.
locked-disabled = Hubo demasiados intentos equivocados. Esta forma de entrar está apagada. Su clínica puede encenderla de nuevo.
locked-model = Este tipo de llave tiene un fallo. La apagamos para protegerle. Su clínica puede ayudarle.
locked-model-title = Su llave no es segura
locked-again = Puede probar otra vez a las
locked-meanwhile = Ahora puede entrar de otra forma
locked-soon = ¿Su cita es pronto?

## Estados especiales
stale-expired = Empiece de nuevo, por favor
stale-expired-text = Estuvo un rato fuera. Empiece de nuevo desde su app.
stale-expired-action = Empezar de nuevo
stale-finished = Ya ha entrado
stale-finished-text = Esta entrada está hecha. Puede volver a su app.
stale-finished-action = Continuar
stale-no-cookie = Su navegador no guardó un archivo pequeño que necesitamos
stale-no-cookie-text = Permita las cookies de este sitio y pruebe otra vez. Si viene de otra app, abra esta página en su navegador normal.
stale-no-cookie-action = Probar otra vez
stale-other-browser = Esta entrada empezó en otro navegador
stale-other-browser-text = Vuelva al navegador donde empezó. O empiece de nuevo aquí.
stale-other-browser-action = Empezar de nuevo aquí
stale-unknown-client = No podemos abrir esta app
stale-unknown-client-text = La app le envió aquí de una forma que no conocemos. Vuelva a la app y pruebe otra vez. Si se repite, avise a quienes llevan la app.
stale-unknown-client-action = Ir a su cuenta
stale-busy = Hay mucha gente ahora
stale-busy-text = Espere un minuto y pruebe otra vez. Sus datos están seguros.
stale-busy-action = Probar otra vez
stale-form = Esta página es de una entrada anterior
stale-form-text = No se hizo nada. Abra la página de nuevo y rellénela otra vez.
stale-form-action = Abrir la página de nuevo

## Errores
problem-request = No funcionó
problem-request-text = Algo en la petición no estaba bien. Vuelva a su app y empiece de nuevo.
problem-forbidden = No puede abrir esta página
problem-forbidden-text = Su cuenta no tiene acceso. Si cree que debería, pregunte a su clínica.
problem-not-found = No encontramos esa página
problem-not-found-text = Quizá el enlace es antiguo o falta una letra. Revíselo o empiece de nuevo desde su app.
problem-too-many = Más despacio, por favor
problem-too-many-text = Hubo demasiadas peticiones. Espere unos minutos y pruebe otra vez.
problem-busy = Hay mucha gente ahora
problem-busy-text = Espere un minuto y pruebe otra vez. Sus datos están seguros.
problem-ours = Algo salió mal por nuestra parte
problem-ours-text = Sus datos están seguros. Pruebe otra vez en unos minutos.
problem-action = Empezar de nuevo
developer-title = Para desarrolladores
form-post-title = Volver a su app
form-post-text = Le llevamos de vuelta. Si no pasa nada, pulse Continuar.

## Las páginas propias de la demostración
dev-mail-title = Correo de prueba
dev-mail-text = Ningún correo sale de la demostración. Todos acaban aquí.
dev-mail-empty = Aún no hay correo.
dev-people-title = Personas de prueba
dev-people-text = Use estas personas para probar la demostración. Los códigos cambian cada 30 segundos.
dev-people-name = Nombre
dev-people-username = Nombre de usuario
dev-people-code = Código actual
dev-people-no-code = Aún sin app de códigos
dev-people-app = Abrir la app de prueba
refresh-pause = Pausar la actualización
refresh-resume = Reanudar la actualización
